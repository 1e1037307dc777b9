using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Collection;

/// <summary>
/// Contents that nobody keeps and whose chunk list is gone or rotten: a collection dropped it, and the power went
/// before the index was sealed that knew the uses to be over. What they used is found in the rows themselves, all of
/// them: one walk for all such contents that were touched.
/// </summary>
internal sealed partial class UseLedger
{
    /// <summary>Takes out the uses of all contents that are not kept and cannot say what they used.</summary>
    private void ForgetUsersWithoutList()
    {
        var gone = UsersWithoutList();
        byte[] from = [];
        bool isMore;
        do
        {
            lock (core.State)
            {
                isMore = ForgetSome(gone, ref from);
            }
        }
        while (isMore);

        foreach (var user in gone.Keys)
        {
            SetPhaseNow(user, UseKind.Object, Phase.None);
        }
    }

    /// <summary>Each with the record that touched it.</summary>
    private Dictionary<Hash256, long> UsersWithoutList()
    {
        var gone = new Dictionary<Hash256, long>();
        byte[] from = [];
        List<Touched> some;
        do
        {
            lock (core.State)
            {
                some = TouchedFrom(from, BatchCount);
                foreach (var touched in some.Where(one => one.Kind != BlockTouched && IsWithoutList(one.Content)))
                {
                    gone[touched.Id] = TouchedBy(touched.Content);
                }
            }

            from = some.Count == 0 ? from : [.. TouchKey(some[^1].Kind, some[^1].Id), 0];
        }
        while (some.Count > 0);

        return gone;
    }

    private bool IsWithoutList(ContentId content)
    {
        if (Keeps(content) || PhaseOf(content.Hash, UseKind.Object) == Phase.None)
        {
            return false;
        }

        try
        {
            return !core.TryReadList(content, out _);
        }
        catch (StoreDamagedException)
        {
            return true;
        }
    }

    /// <summary>Under the state lock. One that is put again meanwhile is touched, and its rows are written anew.
    /// </summary>
    private bool ForgetSome(Dictionary<Hash256, long> gone, ref byte[] from)
    {
        var keys = _tables.KeysFrom(IndexTable.Uses, from, []).Take(StepCount).ToList();
        foreach (var key in keys.Where(key => key[Hash256.Size] == (byte)UseKind.Object))
        {
            if (gone.TryGetValue(Hash256.From(key.AsSpan(Hash256.Size + 1)), out var record))
            {
                _tables.Delete(IndexTable.Uses, key);
                SetRow(Hash256.From(key.AsSpan(0, Hash256.Size)), isList: false, record);
            }
        }

        from = keys.Count == 0 ? from : IndexStore.After(keys[^1]);
        return keys.Count == StepCount;
    }
}
