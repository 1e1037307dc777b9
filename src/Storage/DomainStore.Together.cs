using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage;

/// <summary>Small puts of several threads becoming durable together.</summary>
public sealed partial class DomainStore
{
    /// <summary>Admits small puts of different keys that end together. One that is refused leaves the others alone.
    /// </summary>
    private void AdmitTogether(IReadOnlyList<WaitingPut> puts) => AllAtATime([.. puts.Select(put => put.Key)], () =>
    {
        var found = FindAll(puts);
        if (found.Count > 0)
        {
            var now = puts[0].Now;
            BuildPiece([.. found.Select(one => one.Entry)], puts[0].Attest, now);
            CommitThoseThatFit(found, now);
        }

        return true;
    });

    /// <summary>What is to be admitted, the contents settled; the others get their result.</summary>
    private List<(WaitingPut Put, BatchEntry Entry)> FindAll(IReadOnlyList<WaitingPut> puts)
    {
        var records = new ArtifactRecord?[puts.Count];
        lock (_core.State)
        {
            for (var i = 0; i < puts.Count; i++)
            {
                puts[i].Item.Staged.Settle(puts[i].Usable);
                _core.Artifacts.TryGetEver(puts[i].Key, DomainId, out records[i], expectAbsent: true);
            }
        }

        var found = new List<(WaitingPut, BatchEntry)>(puts.Count);
        for (var i = 0; i < puts.Count; i++)
        {
            var put = puts[i];
            try
            {
                var known = EntryOf(records[i], out var isLive);
                var isAttested = IsAttestedBy(known, put.Item.Request.Brane);
                put.IsThere = isAttested && isLive && put.Item.Staged.IsAllKept;
                if (!put.IsThere)
                {
                    found.Add((put, new BatchEntry(put.Item, known, isAttested, isLive)));
                }
            }
            catch (IOException unreadable)
            {
                put.Failure = unreadable;
            }
        }

        return found;
    }

    private void CommitThoseThatFit(List<(WaitingPut Put, BatchEntry Entry)> found, Instant now)
    {
        var fresh = new List<BatchEntry>(found.Count);
        var (files, bytes) = (0, 0L);
        foreach (var (put, entry) in found)
        {
            try
            {
                var (more, moreBytes) = (entry.IsLive ? 0 : 1, BytesOf(entry.Item.Staged));
                RequireEntryFits(entry.Entry!); // It was built.
                RequireRoom(files + more, bytes + moreBytes);
                (files, bytes) = (files + more, bytes + moreBytes);
                fresh.Add(entry);
            }
            catch (StoreRefusedException refused)
            {
                put.Failure = refused;
            }
        }

        if (fresh.Count > 0)
        {
            KeepOneOfEach(fresh);
            CommitBatch(fresh, [], now);
        }
    }
}
