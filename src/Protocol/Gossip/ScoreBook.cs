using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>The scores of all peers, also of those that left a while ago.</summary>
internal sealed class ScoreBook(GossipOptions options)
{
    private readonly SortedDictionary<PeerId, PeerScore> _scores = [];
    private readonly Dictionary<string, int> _neighbours = new(StringComparer.Ordinal);
    private long? _decayedAtMs;

    /// <summary>Nothing would change if time passed.</summary>
    public bool IsSettled => _scores.Values.All(s => s.IsSettled);

    public PeerScore OnUp(PeerId peer, string? address)
    {
        if (!_scores.TryGetValue(peer, out var score))
            _scores.Add(peer, score = new PeerScore(options.Score));
        score.ForgetAtMs = null;
        score.Address = address;
        if (address is not null)
            _neighbours[address] = _neighbours.GetValueOrDefault(address) + 1;
        return score;
    }

    public void OnDown(GossipPeer peer, long nowMs)
    {
        peer.Score.OnGone();
        if (peer.Score.Address is { } address && --_neighbours[address] == 0)
            _neighbours.Remove(address);
        peer.Score.ForgetAtMs = nowMs + options.Score.RetainMs;
        var gone = _scores.Where(s => s.Value.ForgetAtMs is not null).ToList();
        if (gone.Count > options.Limits.RetainedScoresMax)
            _scores.Remove(gone.MinBy(s => s.Value.ForgetAtMs).Key);
    }

    public double Of(GossipPeer peer, long nowMs) => peer.Score.Value(
        nowMs, peer.Score.Address is { } address ? _neighbours.GetValueOrDefault(address) : 0);

    public void Decay(long nowMs)
    {
        _decayedAtMs ??= nowMs;
        var intervals = (nowMs - _decayedAtMs.Value) / options.Score.DecayMs;
        if (intervals == 0)
            return;
        _decayedAtMs += intervals * options.Score.DecayMs;
        foreach (var (peer, score) in _scores.ToList())
        {
            if (score.ForgetAtMs <= nowMs)
                _scores.Remove(peer);
            else
                score.Decay(intervals);
        }
    }
}
