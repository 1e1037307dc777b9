using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage;

/// <summary>Small puts of several threads becoming durable together.</summary>
public sealed partial class DomainStore
{
    /// <summary>Admits small puts that end together. One that is refused leaves the others alone.</summary>
    private void AdmitTogether(IReadOnlyList<WaitingPut> puts) => AllAtATime([.. puts.Select(put => put.Key)], () =>
    {
        var (attest, now) = (puts[0].Attest, puts[0].Now);
        var fresh = new List<(WaitingPut Put, BatchEntry Entry)>(puts.Count);
        foreach (var put in puts)
        {
            Try(put, () => Find(put, fresh));
        }

        BuildPiece([.. fresh.Select(one => one.Entry)], attest, now);
        var (files, bytes) = (0, 0L);
        fresh.RemoveAll(one => !Try(one.Put, () =>
        {
            RequireEntryFits(one.Entry.Entry!); // BuildPiece made it.
            RequireRoom(files + (one.Entry.IsLive ? 0 : 1), bytes + BytesOf(one.Put.Item.Staged));
            files += one.Entry.IsLive ? 0 : 1;
            bytes += BytesOf(one.Put.Item.Staged);
        }));
        if (fresh.Count > 0)
        {
            KeepOneOfEach([.. fresh.Select(one => one.Entry)]);
            CommitBatch([.. fresh.Select(one => one.Entry)], [], now);
            fresh.ForEach(one => one.Put.Result = one.Put.Item.Result(alreadyThere: false));
        }

        return true;
    });

    private void Find(WaitingPut put, List<(WaitingPut, BatchEntry)> fresh)
    {
        var known = FindOwn(put.Key, out var isLive);
        var isAttested = IsAttestedBy(known, put.Item.Request.Brane);
        if (isAttested && isLive && put.Item.Staged.IsAllKept)
        {
            put.Result = put.Item.Result(alreadyThere: true);
            return;
        }

        fresh.Add((put, new BatchEntry(put.Item, known, isAttested, isLive)));
    }

    private static bool Try(WaitingPut put, Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (Exception failure)
        {
            put.Failure = failure;
            return false;
        }
    }
}
