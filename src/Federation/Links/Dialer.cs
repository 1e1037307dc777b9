using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Links;

/// <summary>
/// Keeps a link to every trusted peer: tries its addresses one after the other, then waits, longer each round, with
/// jitter so that a mesh that comes back does not dial in step.
/// </summary>
internal sealed class Dialer(
    Outbox outbox, LinkTable links, TrustBook trust, AddressBook addresses, FederationLimits limits)
{
    private readonly SortedDictionary<PeerId, Attempt> _attempts = [];
    private readonly Dictionary<DialId, PeerId> _dials = [];

    private sealed class Attempt
    {
        public int Address { get; set; }

        public TimeSpan Delay { get; set; }

        public TimerId? Timer { get; set; }

        public DialId? Dial { get; set; }
    }

    public void Start()
    {
        foreach (var peer in trust.Peers)
            Schedule(peer.Id, TimeSpan.Zero);
    }

    public void OnLinkUp(PeerId peer) => Stop(peer);

    public void OnLinkDown(PeerId peer)
    {
        if (trust.Find(peer) is not null && links.To(peer) is null)
            Schedule(peer, limits.RedialFirst);
    }

    public void OnDialFailed(DialId dial)
    {
        if (!_dials.Remove(dial, out var peer) || !_attempts.TryGetValue(peer, out var attempt))
            return;
        attempt.Dial = null;
        attempt.Address++;
        TryNext(peer, attempt);
    }

    /// <summary>New addresses: tried at once when the peer is away.</summary>
    public void OnAddresses(PeerId peer)
    {
        if (trust.Find(peer) is null || links.To(peer) is not null)
            return;
        if (_attempts.TryGetValue(peer, out var attempt) && attempt.Dial is not null)
            return;
        Stop(peer);
        Schedule(peer, TimeSpan.Zero);
    }

    /// <summary>The owner wants something now: whoever is away and only waited for is tried at once.</summary>
    public void Hurry()
    {
        foreach (var peer in trust.Peers)
            Hurry(peer.Id);
    }

    /// <summary>There is something new with this peer: tried at once when it is only waited for.</summary>
    public void Hurry(PeerId peer)
    {
        if (_attempts.TryGetValue(peer, out var attempt) && attempt.Dial is null && links.To(peer) is null)
        {
            Stop(peer);
            Schedule(peer, TimeSpan.Zero);
        }
    }

    public void Stop(PeerId peer)
    {
        if (!_attempts.Remove(peer, out var attempt))
            return;
        if (attempt.Timer is { } timer)
            outbox.Forget(timer);
        if (attempt.Dial is { } dial)
            _dials.Remove(dial);
    }

    private void Schedule(PeerId peer, TimeSpan after)
    {
        if (!_attempts.TryGetValue(peer, out var attempt))
            _attempts.Add(peer, attempt = new Attempt { Delay = limits.RedialFirst });
        if (attempt.Timer is null && attempt.Dial is null)
            Arm(peer, attempt, after);
    }

    private void Arm(PeerId peer, Attempt attempt, TimeSpan after)
    {
        var jitterMs = outbox.Below(1 + (long)(attempt.Delay.TotalMilliseconds / 2));
        attempt.Timer = outbox.After(after + TimeSpan.FromMilliseconds(jitterMs), () =>
        {
            attempt.Timer = null;
            attempt.Address = 0;
            TryNext(peer, attempt);
        });
    }

    private void TryNext(PeerId peer, Attempt attempt)
    {
        var known = addresses.Of(peer);
        if (attempt.Address < known.Count)
        {
            var dial = outbox.Dial(known[attempt.Address], peer);
            attempt.Dial = dial;
            _dials[dial] = peer;
            return;
        }
        Arm(peer, attempt, attempt.Delay);
        attempt.Delay = attempt.Delay * 2 < limits.RedialMax ? attempt.Delay * 2 : limits.RedialMax;
    }
}
