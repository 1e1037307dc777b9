using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Fetching;

/// <summary>
/// Who holds what. A peer that lacked something, failed, or gave no answer is asked again while the transfer runs, less
/// and less often: it may have learnt meanwhile that we may read, or have come by the bytes itself. Where nobody brings
/// anything the transfer waits a while for one that does.
/// </summary>
internal sealed partial class Transfer
{
    private readonly SortedDictionary<PeerId, Asking> _asking = [];
    private readonly SortedSet<PeerId> _answered = [];

    /// <summary>Peers whose answer may be another one by now.</summary>
    private readonly SortedSet<PeerId> _lacking = [];
    private int _probes;
    private bool _isCounted;
    private TimerId? _patience;
    private bool _isPatienceOver;
    private TimerId? _again;
    private TimeSpan _againAfter;

    /// <summary>What one peer is being asked, a batch behind the other.</summary>
    private sealed class Asking(Queue<Want[]> rest)
    {
        public Queue<Want[]> Rest { get; } = rest;

        public int UnderWay { get; set; }
    }

    /// <summary>Somebody trusted came up: it may hold what is missing.</summary>
    public void OnLinkUp(Link link)
    {
        if (!_isOver && _services.Standing.IsUsable(link.Peer))
            Probe(link);
    }

    private void Probe(Link link)
    {
        if (_asking.ContainsKey(link.Peer))
            return;
        var missing = _wants.Where(w => !w.IsDone && !w.Holders.Contains(link.Peer)).Chunk(OmegaLimits.HaveIds);
        var asking = new Asking(new Queue<Want[]>(missing));
        if (asking.Rest.Count == 0)
            return;
        _lacking.Remove(link.Peer);
        _asking.Add(link.Peer, asking);
        _requests += _isCounted ? 0 : asking.Rest.Count; // the others are asked at the same time
        _isCounted = true;
        AskOn(link, asking);
    }

    private void AskOn(Link link, Asking asking)
    {
        while (asking.UnderWay < Limits.HavesInFlight && asking.Rest.TryDequeue(out var batch))
        {
            _probes++;
            asking.UnderWay++;
            var ids = batch.Select(w => w.Content.Content.Hash).ToList();
            _services.Blocks.Have(link, ids, (held, fault) => OnHave(link, asking, batch, held, fault));
        }
        if (asking.UnderWay == 0)
            _asking.Remove(link.Peer);
    }

    private void OnHave(Link link, Asking asking, Want[] batch, IReadOnlyList<bool>? held, PeerFault fault)
    {
        _probes--;
        asking.UnderWay--;
        if (held is null)
            OnNoAnswer(link.Peer, asking, fault);
        else
            OnAnswer(link.Peer, asking, batch, held);
        if (_isOver)
            return;
        AskOn(link, asking);
        Advance();
    }

    private void OnNoAnswer(PeerId peer, Asking asking, PeerFault fault)
    {
        asking.Rest.Clear();
        _lacking.Add(peer);
        if (fault is not (PeerFault.Disconnected or PeerFault.Refused))
            _services.Report(peer, fault, "asked what it holds");
    }

    private void OnAnswer(PeerId peer, Asking asking, Want[] batch, IReadOnlyList<bool> held)
    {
        _services.Standing.Wake(peer);
        for (var i = 0; i < batch.Length; i++)
        {
            if (held[i])
                batch[i].Holders.Add(peer);
        }
        if (held.Contains(true))
            _holding.Add(peer);
        if (held.Contains(false))
            _lacking.Add(peer);
        // Who had nothing new of the first thousand need not be asked for all of a million once more.
        if (!_answered.Add(peer) && !held.Contains(true))
            asking.Rest.Clear();
    }

    /// <summary>Nothing is under way; but somebody may come, or have it in a moment.</summary>
    private void WaitForHolders()
    {
        if (_probes > 0)
            return;
        if (_isPatienceOver)
        {
            End(new CommandResult.Failed(_worst, _worstDetail));
            return;
        }
        if (_patience is not null)
            return;
        _patience = _services.Outbox.After(Limits.HolderWait, OnPatienceOver);
        StopAsking();
        _againAfter = default; // soon again: nobody brings anything
    }

    // A question that is under way is waited for: it ends in time. So is who brings something now.
    private void OnPatienceOver()
    {
        (_patience, _isPatienceOver) = (null, true);
        if (_underWay == 0)
            WaitForHolders();
    }

    /// <summary>Something came.</summary>
    private void StopWaiting()
    {
        if (_patience is { } timer)
            _services.Outbox.Forget(timer);
        (_patience, _isPatienceOver) = (null, false);
    }

    private void AskAgainLater()
    {
        if (_again is not null || _lacking.Count == 0 || _isPatienceOver)
            return;
        var after = _againAfter == default ? Limits.AskAgainFirst : _againAfter * 2;
        _againAfter = after < Limits.AskAgainMax ? after : Limits.AskAgainMax;
        _again = _services.Outbox.After(_againAfter, OnAskAgain);
    }

    // Somebody who rests, because it was slow, is better than nobody.
    private void OnAskAgain()
    {
        _again = null;
        _isCounted &= _underWay > 0;
        foreach (var link in _underWay == 0 ? _services.LinksNotDemoted() : _services.UsableLinks())
        {
            if (_lacking.Contains(link.Peer))
                Probe(link);
        }
        AskAgainLater();
    }

    private void StopAsking()
    {
        if (_again is { } timer)
            _services.Outbox.Forget(timer);
        _again = null;
    }
}
