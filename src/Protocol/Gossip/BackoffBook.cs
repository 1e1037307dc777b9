using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>Who may not be in which mesh, and until when.</summary>
internal sealed class BackoffBook(int countMax)
{
    private readonly Dictionary<(string Topic, PeerId Peer), long> _until = [];

    public bool IsEmpty => _until.Count == 0;

    /// <summary>A back-off is made longer, never shorter; one too many is not kept.</summary>
    public void Set(string topic, PeerId peer, long nowMs, long forMs)
    {
        var until = nowMs + forMs;
        var isSet = _until.TryGetValue((topic, peer), out var set);
        if (isSet ? set < until : _until.Count < countMax)
            _until[(topic, peer)] = until;
    }

    public long? UntilMs(string topic, PeerId peer) =>
        _until.TryGetValue((topic, peer), out var until) ? until : null;

    /// <summary>Forgets what ended longer than <paramref name="slackMs"/> ago.</summary>
    public void Expire(long nowMs, long slackMs)
    {
        foreach (var (key, until) in _until.ToList())
        {
            if (until + slackMs <= nowMs)
                _until.Remove(key);
        }
    }
}
