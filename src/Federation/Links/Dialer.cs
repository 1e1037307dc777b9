using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Links;

/// <summary>
/// Keeps a link to every trusted peer: races its addresses, then waits, longer each round, with jitter so that a mesh
/// that comes back does not dial in step. A link that breaks soon after it came up counts as one more round, so a peer
/// that takes connections and drops them is left alone like one that takes none.
/// </summary>
internal sealed class Dialer(
    Outbox outbox, LinkTable links, TrustBook trust, AddressBook addresses, FederationLimits limits)
{
    private const string NoAddress = "no address is known";

    private readonly SortedDictionary<PeerId, Attempt> _attempts = [];

    private sealed class Attempt(TimeSpan delay)
    {
        /// <summary>What is waited after the next round.</summary>
        public TimeSpan Delay { get; set; } = delay;

        public TimerId? Timer { get; set; }

        public long DueMs { get; set; }

        public AddressRace? Race { get; set; }

        /// <summary>Addresses came while others were tried.</summary>
        public bool HasNews { get; set; }

        public int Rounds { get; set; }

        /// <summary>Of the last round that was lost.</summary>
        public IReadOnlyList<DialFailure> Failures { get; set; } = [];

        /// <summary>Null before the first link that came up while the peer was trusted.</summary>
        public long? UpSinceMs { get; set; }
    }

    public void Start()
    {
        foreach (var peer in trust.Peers)
            Try(peer.Id);
    }

    /// <summary>A link to the peer is up, by this dial of ours or otherwise.</summary>
    public void OnLinkUp(PeerId peer, DialId? dial)
    {
        var attempt = Of(peer);
        Rest(attempt, dial);
        (attempt.UpSinceMs, attempt.Rounds, attempt.Failures) = (outbox.Now.RunningMs, 0, []);
    }

    public void OnLinkDown(PeerId peer)
    {
        if (trust.Find(peer) is null || links.To(peer) is not null)
            return;
        var attempt = Of(peer);
        var isSettled = attempt.UpSinceMs is not { } since
            || outbox.Now.RunningMs - since >= limits.SettledAfter.TotalMilliseconds;
        if (isSettled)
            attempt.Delay = limits.RedialFirst;
        if (attempt.Race is null && attempt.Timer is null)
            Wait(peer, attempt);
    }

    public void OnDialFailed(DialId dial, string reason)
    {
        foreach (var attempt in _attempts.Values)
        {
            if (attempt.Race?.OnFailed(dial, reason) == true)
                return;
        }
    }

    /// <summary>New addresses: tried at once when the peer is away, or after what is tried just now.</summary>
    public void OnAddresses(PeerId peer)
    {
        if (trust.Find(peer) is null || links.To(peer) is not null)
            return;
        Of(peer).HasNews = true;
        Try(peer);
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
        if (_attempts.TryGetValue(peer, out var attempt) && attempt.Timer is not null && links.To(peer) is null)
            Try(peer);
    }

    public void Stop(PeerId peer)
    {
        if (_attempts.Remove(peer, out var attempt))
            Rest(attempt, winner: null);
    }

    /// <summary>How it stands with a peer that is away; null where nothing is tried.</summary>
    public DialView? View(PeerId peer)
    {
        if (links.To(peer) is not null || !_attempts.TryGetValue(peer, out var attempt))
            return null;
        return attempt.Race is { } race
            ? new DialView(race.Open, null, attempt.Rounds, [.. race.Failures, .. Older(attempt, race)])
            : new DialView(
                [], TimeSpan.FromMilliseconds(Math.Max(0, attempt.DueMs - outbox.Now.RunningMs)), attempt.Rounds,
                attempt.Failures);
    }

    private static IEnumerable<DialFailure> Older(Attempt attempt, AddressRace race) =>
        attempt.Failures.Where(old => race.Failures.All(f => f.Address != old.Address));

    private Attempt Of(PeerId peer)
    {
        if (!_attempts.TryGetValue(peer, out var attempt))
            _attempts.Add(peer, attempt = new Attempt(limits.RedialFirst));
        return attempt;
    }

    private void Rest(Attempt attempt, DialId? winner)
    {
        if (attempt.Timer is { } timer)
            outbox.Forget(timer);
        attempt.Timer = null;
        var race = attempt.Race;
        attempt.Race = null;
        race?.Stop(winner);
    }

    private void Try(PeerId peer)
    {
        var attempt = Of(peer);
        if (attempt.Race is not null)
            return;
        Rest(attempt, winner: null);
        // Even the first time not all at once: a mesh that comes up does not dial in step.
        Arm(attempt, TimeSpan.Zero, () => Race(peer, attempt));
    }

    private void Race(PeerId peer, Attempt attempt)
    {
        attempt.HasNews = false;
        var race = new AddressRace(outbox, limits, peer, () => OnLost(peer, attempt));
        attempt.Race = race;
        race.Start(addresses.Of(peer));
    }

    private void OnLost(PeerId peer, Attempt attempt)
    {
        if (attempt.Race is not { } race)
            return;
        attempt.Failures = race.Failures.Count > 0 ? race.Failures : [new DialFailure("", NoAddress)];
        attempt.Race = null;
        attempt.Rounds++;
        if (attempt.HasNews)
            Try(peer);
        else
            Wait(peer, attempt);
    }

    private void Wait(PeerId peer, Attempt attempt)
    {
        var delay = attempt.Delay;
        attempt.Delay = delay * 2 < limits.RedialMax ? delay * 2 : limits.RedialMax;
        Arm(attempt, delay, () => Race(peer, attempt));
    }

    private void Arm(Attempt attempt, TimeSpan after, Action then)
    {
        var spread = (after > TimeSpan.Zero ? after : limits.RedialFirst) / 2;
        var jitterMs = outbox.Below(1 + (long)spread.TotalMilliseconds);
        var wait = after + TimeSpan.FromMilliseconds(jitterMs);
        attempt.DueMs = outbox.Now.RunningMs + (long)wait.TotalMilliseconds;
        attempt.Timer = outbox.After(wait, () =>
        {
            attempt.Timer = null;
            then();
        });
    }
}
