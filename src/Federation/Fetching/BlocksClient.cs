using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Our requests on <c>/omega/blocks/1</c>: one stream each, one outcome each, a time limit on each.</summary>
internal sealed class BlocksClient(Outbox outbox, StreamTable streams, FederationLimits limits)
{
    /// <summary>Asks which contents a peer holds whole. Null bits come with the reason.</summary>
    public void Have(Link link, IReadOnlyList<Hash256> ids, Action<IReadOnlyList<bool>?, PeerFault> onAnswer) =>
        _ = new HaveAsk(this, link, ids, onAnswer);

    /// <summary>Asks for ranges of a content, which go to the sink in order as they are proven.</summary>
    public BlocksFetch Get(
        Link link, Hash256 content, long size, IReadOnlyList<WireRange> ranges, IVerifiedSink sink,
        Action<BlocksOutcome> onOutcome)
    {
        var blocks = new BlocksSink(content, size, ranges, sink);
        var ask = new BulkAsk<BlocksOutcome>(
            this, link, OmegaProtocols.Blocks, blocks, () => blocks.BytesWire,
            new BlocksRequest.Get(TargetKind.Content, content, ranges),
            (status, detail) => new BlocksOutcome(status, 0, 0, ranges[0].Start, detail), onOutcome);
        return new BlocksFetch(blocks, ask.Cut);
    }

    /// <summary>Asks for ranges of many contents, which come one behind the other as asked.</summary>
    public ManyFetch GetMany(Link link, IReadOnlyList<ManyItem> items, Action<ManyOutcome> onOutcome)
    {
        var many = new ManySink(items);
        var gets = items.Select(item => new BlocksRequest.Get(TargetKind.Content, item.Hash, item.Ranges)).ToList();
        var ask = new BulkAsk<ManyOutcome>(
            this, link, OmegaProtocols.BlocksMany, many, () => many.BytesWire, new BlocksRequest.Many(gets),
            (status, detail) => new ManyOutcome(status, new BlocksStatus?[items.Count], 0, 0, detail), onOutcome);
        return new ManyFetch(many, ask.Cut);
    }

    /// <summary>The fault that an outcome proves, or null when the peer did nothing wrong.</summary>
    public static PeerFault? FaultOf(BlocksStatus status) => status switch
    {
        BlocksStatus.Refused => PeerFault.Refused,
        BlocksStatus.BadHash => PeerFault.BadBlockHash,
        BlocksStatus.Truncated => PeerFault.TruncatedStream,
        BlocksStatus.Cut => PeerFault.Disconnected,
        BlocksStatus.Malformed => PeerFault.Malformed,
        _ => null,
    };

    private sealed class HaveAsk : IStreamOwner
    {
        private readonly BlocksClient _client;
        private readonly int _count;
        private readonly Action<IReadOnlyList<bool>?, PeerFault> _onAnswer;
        private readonly TimerId _timer;
        private readonly RequestId _wish;
        private StreamId? _stream;
        private bool _isOver;

        public HaveAsk(
            BlocksClient client, Link link, IReadOnlyList<Hash256> ids,
            Action<IReadOnlyList<bool>?, PeerFault> onAnswer)
        {
            _client = client;
            _count = ids.Count;
            _onAnswer = onAnswer;
            _timer = client.Outbox.After(client.Limits.AskTimeout, () => Finish(null, PeerFault.Timeout));
            _wish = client.Outbox.OpenStream(
                link.Id,
                OmegaProtocols.Blocks,
                stream =>
                {
                    _stream = stream;
                    client.Streams.Add(stream, link.Id, this);
                    client.Outbox.Send(stream, new BlocksRequest.Have(TargetKind.Content, ids).Encode());
                    client.Outbox.Close(stream);
                },
                _ => Finish(null, PeerFault.Disconnected));
        }

        public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
        {
            if (!HaveResponse.TryDecode(payload.Span, _count, out var response, out _))
                Finish(null, PeerFault.Malformed);
            else
                Finish(response.Held, response.Held is null ? PeerFault.Refused : default);
        }

        public void OnEnded(StreamId stream, bool reset) => Finish(null, PeerFault.Disconnected);

        public void OnBulk(StreamId stream, object outcome) => Finish(null, PeerFault.Malformed);

        private void Finish(IReadOnlyList<bool>? held, PeerFault fault)
        {
            if (_isOver)
                return;
            _isOver = true;
            _client.Outbox.Forget(_timer);
            _client.Outbox.ForgetWish(_wish);
            if (_stream is { } stream && _client.Streams.Remove(stream) && held is null)
                _client.Outbox.Reset(stream);
            _onAnswer(held, fault);
        }
    }

    /// <summary>One request whose answer is bulk.</summary>
    private sealed class BulkAsk<TOutcome> : IStreamOwner
        where TOutcome : class
    {
        private readonly BlocksClient _client;
        private readonly Func<long> _bytesWire;
        private readonly Func<BlocksStatus, string, TOutcome> _nothing;
        private readonly Action<TOutcome> _onOutcome;
        private readonly RequestId _wish;
        private TimerId _timer;
        private long _wireBefore = -1;
        private StreamId? _stream;
        private bool _isOver;

        public BulkAsk(
            BlocksClient client, Link link, string protocol, IBulkSink sink, Func<long> bytesWire,
            BlocksRequest request,
            Func<BlocksStatus, string, TOutcome> nothing, Action<TOutcome> onOutcome)
        {
            _client = client;
            _bytesWire = bytesWire;
            _nothing = nothing;
            _onOutcome = onOutcome;
            _timer = client.Outbox.After(client.Limits.AskTimeout, OnLook);
            _wish = client.Outbox.OpenStream(
                link.Id,
                protocol,
                stream =>
                {
                    _stream = stream;
                    client.Streams.Add(stream, link.Id, this);
                    client.Outbox.Receive(stream, sink);
                    client.Outbox.Send(stream, request.Encode());
                    client.Outbox.Close(stream);
                },
                reason => Finish(nothing(
                    reason == NetworkInput.StreamFailed.NotSpoken ? BlocksStatus.NotSpoken : BlocksStatus.Cut,
                    reason)));
        }

        public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload) =>
            Finish(_nothing(BlocksStatus.Malformed, "a frame where bulk was due"));

        public void OnEnded(StreamId stream, bool reset) => Finish(_nothing(BlocksStatus.Cut, "link down"));

        public void OnBulk(StreamId stream, object outcome)
        {
            _stream = null;
            Finish(outcome as TOutcome ?? _nothing(BlocksStatus.LocalFault, "not an outcome of this sink"));
        }

        // The sink may still be running: cutting the stream ends it, and its outcome tells how far it came.
        public void Cut()
        {
            if (_stream is { } stream)
                _client.Outbox.Reset(stream);
            else
                Finish(_nothing(BlocksStatus.Cut, "no stream in time"));
        }

        // However slow a peer is: one that sent nothing at all for so long is given up.
        private void OnLook()
        {
            var wire = _bytesWire();
            if (wire == _wireBefore || _stream is null)
            {
                Cut();
                return;
            }
            _wireBefore = wire;
            _timer = _client.Outbox.After(_client.Limits.AskTimeout, OnLook);
        }

        private void Finish(TOutcome outcome)
        {
            if (_isOver)
                return;
            _isOver = true;
            _client.Outbox.Forget(_timer);
            _client.Outbox.ForgetWish(_wish);
            if (_stream is { } stream && _client.Streams.Remove(stream))
                _client.Outbox.Reset(stream);
            _onOutcome(outcome);
        }
    }

    private Outbox Outbox { get; } = outbox;

    private StreamTable Streams { get; } = streams;

    private FederationLimits Limits { get; } = limits;
}

/// <summary>One request for many contents under way.</summary>
internal sealed class ManyFetch(ManySink sink, Action cut)
{
    /// <summary>Bytes received so far; written by the pump, may be read at any time.</summary>
    public long BytesWire => sink.BytesWire;

    /// <summary>Contents that came, or were refused, so far.</summary>
    public int ItemsEnded => sink.ItemsEnded;

    /// <summary>What it is at.</summary>
    public SinkActivity Activity => sink.Activity;

    /// <summary>Gives it up; its outcome tells what came.</summary>
    public void Cut() => cut();
}

/// <summary>One bulk request under way. The counters are written by the pump and may be read at any time.</summary>
internal sealed class BlocksFetch(BlocksSink sink, Action cut)
{
    /// <summary>Every byte asked for below this offset was proven and handed on.</summary>
    public long VerifiedTo => sink.VerifiedTo;

    /// <summary>Bytes received so far, proofs included.</summary>
    public long BytesWire => sink.BytesWire;

    /// <summary>What it is at.</summary>
    public SinkActivity Activity => sink.Activity;

    /// <summary>Ends well once everything below an offset has come: the rest is somebody else's.</summary>
    public void StopAt(long offset) => sink.StopAt(offset);

    /// <summary>Gives it up; its outcome tells how far it came.</summary>
    public void Cut() => cut();
}
