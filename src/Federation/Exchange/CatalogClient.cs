using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Exchange;

/// <summary>What came of a catalog question: an answer of the kind asked for, or why there is none.</summary>
internal readonly record struct CatalogReply(CatalogResponse? Response, PeerFault Fault)
{
    public static CatalogReply Failed(PeerFault fault) => new(null, fault);
}

/// <summary>
/// Our questions on one link, over one long-lived catalog stream, answered in order. A stream that breaks the rules,
/// is late or ends fails all questions waiting on it; the next question opens another.
/// </summary>
internal sealed class CatalogClient(
    LinkId link, PeerId peer, Outbox outbox, StreamTable streams, FederationLimits limits) : IStreamOwner
{
    private readonly Queue<(CatalogRequest Request, Action<CatalogReply> OnReply)> _asked = new();
    private StreamId? _stream;
    private RequestId? _wish;
    private TimerId? _timer;
    private long _dueMs;
    private bool _isDown;

    public PeerId Peer { get; } = peer;

    public void Ask(CatalogRequest request, Action<CatalogReply> onReply)
    {
        if (_isDown || _asked.Count >= limits.AsksPerLink)
        {
            onReply(CatalogReply.Failed(_isDown ? PeerFault.Disconnected : PeerFault.Flood));
            return;
        }
        _asked.Enqueue((request, onReply));
        if (_stream is { } stream)
            outbox.Send(stream, request.Encode());
        else
            _wish ??= outbox.OpenStream(link, OmegaProtocols.Catalog, OnReady, _ => FailAll(PeerFault.Disconnected));
        if (_asked.Count == 1)
            RestartTimer();
    }

    public void OnLinkDown()
    {
        _isDown = true;
        FailAll(PeerFault.Disconnected);
    }

    public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
    {
        if (_asked.Count == 0 || !CatalogResponse.TryDecode(payload.Span, out var response, out _)
            || !Answers(_asked.Peek().Request, response))
        {
            Break(PeerFault.Malformed);
            return;
        }
        var (_, onReply) = _asked.Dequeue();
        RestartTimer();
        onReply(new CatalogReply(response, default));
    }

    public void OnEnded(StreamId stream, bool reset) => Break(PeerFault.Disconnected);

    public void OnBulk(StreamId stream, object outcome) => Break(PeerFault.Malformed);

    private void OnReady(StreamId stream)
    {
        _wish = null;
        _stream = stream;
        streams.Add(stream, link, this);
        foreach (var (request, _) in _asked)
            outbox.Send(stream, request.Encode());
    }

    private static bool Answers(CatalogRequest request, CatalogResponse response) => (request, response) switch
    {
        (_, CatalogResponse.Refused) => true,
        (CatalogRequest.Held, CatalogResponse.Held) => true,
        (CatalogRequest.Dam, CatalogResponse.Dam) => true,
        (CatalogRequest.Head, CatalogResponse.Head or CatalogResponse.Later or CatalogResponse.None) => true,
        (CatalogRequest.Leaves, CatalogResponse.Leaves or CatalogResponse.Later) => true,
        (CatalogRequest.Nodes or CatalogRequest.Entries, CatalogResponse.Items or CatalogResponse.Later) => true,
        (CatalogRequest.Announce, CatalogResponse.Noted) => true,
        _ => false,
    };

    private void Break(PeerFault fault)
    {
        if (_stream is { } stream && streams.Remove(stream))
            outbox.Reset(stream);
        FailAll(fault);
    }

    private void FailAll(PeerFault fault)
    {
        _stream = null;
        if (_wish is { } wish)
            outbox.ForgetWish(wish);
        _wish = null;
        StopTimer();
        var lost = _asked.ToArray();
        _asked.Clear();
        foreach (var (_, onReply) in lost)
            onReply(CatalogReply.Failed(fault));
    }

    /// <summary>The oldest question has so long from now on. One timer is under way at most, however many questions
    /// there are: it looks when it is due, and waits on where an answer came meanwhile.</summary>
    private void RestartTimer()
    {
        _dueMs = outbox.Now.RunningMs + (long)limits.AskTimeout.TotalMilliseconds;
        if (_asked.Count > 0)
            _timer ??= outbox.After(limits.AskTimeout, OnTimer);
    }

    private void OnTimer()
    {
        _timer = null;
        var leftMs = _dueMs - outbox.Now.RunningMs;
        if (_asked.Count > 0 && leftMs <= 0)
            Break(PeerFault.Timeout);
        else if (_asked.Count > 0)
            _timer = outbox.After(TimeSpan.FromMilliseconds(leftMs), OnTimer);
    }

    private void StopTimer()
    {
        if (_timer is { } timer)
            outbox.Forget(timer);
        _timer = null;
    }
}
