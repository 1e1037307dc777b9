using Omega.P2P.Federation.Links;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Contents of one group come many to a request: a request for each would cost more than its bytes.</summary>
internal sealed partial class Transfer
{
    private readonly List<Batch> _batches = [];

    /// <summary>Small contents that nobody is asked for now, in order.</summary>
    private readonly LinkedList<Want> _waiting = [];

    private static bool IsSmall(Want want) => want.Content.Size <= RangeQueue.GroupBytes;

    /// <summary>Gives every holder that has room its next batch.</summary>
    private void SpreadBatches()
    {
        if (_waiting.Count == 0 && _batches.Count == 0)
            return;
        var links = _services.UsableLinks();
        var isMore = true;
        while (isMore && !_isOver)
        {
            isMore = false;
            foreach (var link in links.OrderBy(link => _services.LegsOf(link.Peer)).ToList())
            {
                isMore |= _services.LegsOf(link.Peer) < Limits.RangesInFlight
                    && link.TakesMany && (TryAskMany(link) || TryHelpMany(link));
            }
        }
        AskSingly(links);
    }

    /// <summary>What only older nodes hold comes one content to a request.</summary>
    private void AskSingly(List<Link> links)
    {
        if (_waiting.Count == 0 || links.TrueForAll(link => link.TakesMany))
            return;
        for (var node = _waiting.First; node is not null;)
        {
            var (here, want) = (node, node.Value);
            node = node.Next;
            if (want.Holders.Count == 0 || links.Exists(link => link.TakesMany && want.Holders.Contains(link.Peer)))
                continue;
            _waiting.Remove(here);
            _single.Add(want);
        }
    }

    private bool TryAskMany(Link link)
    {
        var items = new List<BatchItem>();
        var ranges = 0;
        for (var node = _waiting.First; node is not null && items.Count < OmegaLimits.Gets;)
        {
            if (ranges + OmegaLimits.Ranges > OmegaLimits.RangesOfMany)
                break;

            var (here, want) = (node, node.Value);
            node = node.Next;
            if (!want.Holders.Contains(link.Peer)
                || want.Todo.Take(RangeQueue.GroupBytes, OmegaLimits.Ranges, long.MaxValue) is not { } piece)
                continue;
            _waiting.Remove(here);
            items.Add(new BatchItem(want, piece));
            ranges += piece.Ranges.Count;
        }
        if (items.Count == 0)
            return false;
        AskMany(link, items);
        return true;
    }

    /// <summary>
    /// Nothing is left to begin: asks as well for what a batch of a holder that stands still, or is much slower, has
    /// not brought yet.
    /// </summary>
    private bool TryHelpMany(Link link)
    {
        if (_waiting.Count > 0 || _batches.Exists(batch => batch.Peer == link.Peer))
            return false;
        var ours = _services.SpeedOf(link.Peer);
        foreach (var slow in _batches.Where(batch => batch.Twin is null && !batch.IsVoid))
        {
            var theirs = _services.SpeedOf(slow.Peer);
            if (!IsStill(slow) && (theirs <= 0 || theirs * 4 >= ours))
                continue;
            var rest = slow.Rest.Where(item => item.Want.Holders.Contains(link.Peer)).ToList();
            if (rest.Count == 0)
                continue;
            var twin = AskMany(link, rest);
            (twin.Twin, slow.Twin) = (slow, twin);
            return true;
        }
        return false;
    }

    private Batch AskMany(Link link, List<BatchItem> items)
    {
        var batch = new Batch(link, items, NowMs);
        foreach (var item in items)
            item.Want.Batches++;
        _batches.Add(batch);
        _underWay++;
        _services.OnLegBegun(link.Peer);
        _requests++;
        var asked = items.ConvertAll(item => new ManyItem(
            item.Want.Content.Content.Hash, item.Want.Content.Size, item.Piece.Ranges, item.Want.Content.Sink));
        batch.Fetch = _services.Blocks.GetMany(link, asked, outcome => OnOutcome(batch, outcome));
        return batch;
    }

    private void OnOutcome(Batch batch, ManyOutcome outcome)
    {
        _batches.Remove(batch);
        See(batch, outcome.BytesWire);
        Account(batch.Peer, batch.IsVoid, outcome.BytesWire, outcome.BytesVerified);
        if (outcome.Status == BlocksStatus.LocalFault)
        {
            End(new CommandResult.Failed(MeshError.StoreFailed, outcome.Detail));
            return;
        }
        var failed = Settle(batch, outcome);
        EndTwin(batch);
        if (outcome.Status == BlocksStatus.NotSpoken)
            batch.Link.TakesMany = false;
        else if (failed is not null && !batch.IsVoid)
            OnFailed(batch, outcome, failed);
        if (!_isOver)
            Advance();
    }

    /// <summary>What became of a batch's contents: those that did not come wait again. Returns the first of these that
    /// the answer did reach, or else any.</summary>
    private Want? Settle(Batch batch, ManyOutcome outcome)
    {
        Want? first = null;
        var isEnded = outcome.Status != BlocksStatus.Done;
        for (var i = 0; i < batch.Items.Count; i++)
        {
            var (want, piece) = batch.Items[i];
            want.Batches--;
            var status = i < outcome.Items.Count ? outcome.Items[i] : null;
            if (status == BlocksStatus.Done)
            {
                OnHere(want, batch);
                continue;
            }
            if (want.IsHere)
                continue;
            if (want.Batches == 0)
            {
                want.Todo.Add(piece.Ranges);
                _waiting.AddLast(want);
            }
            // One that a cut answer did not reach may yet come from the same holder.
            if (status is not null || !isEnded || outcome.Status == BlocksStatus.Cut)
                want.Holders.Remove(batch.Peer);
            if (status is not null || first is null)
                first = first is null || status is not null ? want : first;
        }
        return first;
    }

    private void OnHere(Want want, Batch batch)
    {
        if (want.IsHere && !batch.IsVoid)
            (_bytes, _bytesRefetched) = (_bytes - want.Content.Size, _bytesRefetched + want.Content.Size);
        want.IsHere = true;
    }

    private static void EndTwin(Batch batch)
    {
        if (batch.Twin is not { } twin)
            return;
        (batch.Twin, twin.Twin) = (null, null);
        if (twin.Rest.Any())
            return;
        twin.IsVoid = true;
        twin.Fetch?.Cut();
    }

    private void OnFailed(Batch batch, ManyOutcome outcome, Want first)
    {
        var status = outcome.Status == BlocksStatus.Done ? BlocksStatus.Refused : outcome.Status;
        Report(batch.Peer, status, outcome.Detail);
        if (status == BlocksStatus.BadHash)
            _bytesRefetched += first.Content.Size;
        _lacking.Add(batch.Peer);
        if (++first.Tries >= Limits.RangeTries)
            GiveUpOn(first);
    }

    private void See(Batch batch, long wire)
    {
        _brought[batch.Peer] = _brought.GetValueOrDefault(batch.Peer) + Math.Max(0, wire - batch.SeenWire);
        if (wire <= batch.SeenWire)
            return;
        (batch.SeenWire, batch.ProgressMs) = (wire, NowMs);
        StopWaiting();
    }

    /// <summary>Gives up on who brings nothing while somebody else could.</summary>
    private void LookAtBatches(long lateMs)
    {
        foreach (var batch in _batches.ToList())
        {
            batch.ProgressMs = batch.Fetch?.Activity == SinkActivity.Writing ? NowMs : batch.ProgressMs + lateMs;
            See(batch, batch.Fetch?.BytesWire ?? 0);
            if (NowMs - batch.ProgressMs < Limits.StallAfter.TotalMilliseconds || !IsElsewhere(batch))
                continue;
            _services.Report(batch.Peer, PeerFault.Timeout, "bulk stopped flowing");
            batch.Fetch?.Cut();
        }
    }

    private bool IsElsewhere(Batch batch) => _services.UsableLinks().Exists(link => link.Peer != batch.Peer
        && batch.Items[^1].Want.Holders.Contains(link.Peer));
}
