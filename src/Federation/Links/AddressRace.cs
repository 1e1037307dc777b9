using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Links;

/// <summary>
/// Tries the addresses of one peer in the spirit of RFC 8305: families in turn, the next when one fails or has not
/// answered for <see cref="FederationLimits.DialStagger"/>, the others going on meanwhile. The first whose far end has
/// proven to be the peer wins; its owner then <see cref="Stop"/>s the race.
/// </summary>
internal sealed class AddressRace(Outbox outbox, FederationLimits limits, PeerId? peer, Action onLost)
{
    private readonly Queue<string> _next = new();
    private readonly Dictionary<DialId, string> _open = [];
    private readonly List<DialFailure> _failures = [];
    private TimerId? _timer;
    private bool _isOver;

    /// <summary>Addresses that are being tried, in a stable order.</summary>
    public IReadOnlyList<string> Open => [.. _open.OrderBy(d => d.Key.Value).Select(d => d.Value)];

    /// <summary>Those that gave nothing, and why.</summary>
    public IReadOnlyList<DialFailure> Failures => _failures;

    /// <summary>Whether a dial is one of these.</summary>
    public bool Has(DialId dial) => _open.ContainsKey(dial);

    /// <summary>Begins; without an address it is lost at once.</summary>
    public void Start(IEnumerable<string> addresses)
    {
        foreach (var address in InTurn(addresses.Take(limits.AddressesPerPeer)))
            _next.Enqueue(address);
        GoOn();
    }

    /// <summary>False for a dial of somebody else.</summary>
    public bool OnFailed(DialId dial, string reason)
    {
        if (!_open.Remove(dial, out var address))
            return false;
        _failures.Add(new DialFailure(address, reason));
        GoOn();
        return true;
    }

    /// <summary>Ends it: every other dial is given up.</summary>
    public void Stop(DialId? winner)
    {
        _isOver = true;
        Rest();
        foreach (var dial in _open.Keys.Where(d => d != winner).OrderBy(d => d.Value))
            outbox.Add(new NetworkEffect.CancelDial(dial));
        _open.Clear();
    }

    /// <summary>One family after the other, beginning with that of the first, which worked last.</summary>
    internal static IEnumerable<string> InTurn(IEnumerable<string> addresses)
    {
        var (first, second) = (new Queue<string>(), new Queue<string>());
        bool? isSix = null;
        foreach (var address in addresses)
        {
            isSix ??= IsSix(address);
            (IsSix(address) == isSix ? first : second).Enqueue(address);
        }
        while (first.Count + second.Count > 0)
        {
            if (first.TryDequeue(out var one))
                yield return one;
            if (second.TryDequeue(out var other))
                yield return other;
        }
    }

    private static bool IsSix(string address) =>
        address.StartsWith("/ip6/", StringComparison.Ordinal) || address.StartsWith("/dns6/", StringComparison.Ordinal);

    private void GoOn()
    {
        if (_isOver)
            return;
        if (_next.Count == 0 && _open.Count == 0)
        {
            _isOver = true;
            onLost();
            return;
        }
        if (_open.Count >= limits.DialsPerPeer || !_next.TryDequeue(out var address))
            return;
        _open.Add(outbox.Dial(address, peer), address);
        Rest();
        if (_next.Count > 0)
        {
            _timer = outbox.After(limits.DialStagger, () =>
            {
                _timer = null;
                GoOn();
            });
        }
    }

    private void Rest()
    {
        if (_timer is { } timer)
            outbox.Forget(timer);
        _timer = null;
    }
}
