using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;

namespace Omega.P2P.Federation.Serving;

/// <summary>
/// Answers <c>/ipfs/bitswap/1.2.0</c> for anybody, trusted or not, and alike: what the own domain publishes to
/// <c>public</c> is there, everything else is not, and an id that is internal gets the very answer of one that nobody
/// ever heard of (law 7). One session per link.
/// </summary>
internal sealed class BitswapServer(Outbox outbox, StreamTable streams, FederationLimits limits)
{
    private readonly Dictionary<LinkId, BitswapSession> _sessions = [];

    public void OnStreamOpened(StreamId stream, Link link)
    {
        if (!_sessions.TryGetValue(link.Id, out var session))
            _sessions.Add(link.Id, session = new BitswapSession(link, outbox, streams, limits));
        session.Take(stream);
    }

    public void OnLinkDown(LinkId link)
    {
        if (_sessions.Remove(link, out var session))
            session.End();
    }
}
