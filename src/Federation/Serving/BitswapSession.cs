using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Federation.Serving;

/// <summary>
/// The wants of one peer, and what leaves for it. Wants come on streams that the peer opens, answers leave on streams
/// that we open, a few at a time and each a bulk of its own. Wants wait in one bounded queue; while it is full, or the
/// peer asks faster than <see cref="FederationLimits.BitswapWantsPerSecond"/>, its streams stay unread. A want that
/// cannot be met is answered at once or not at all; nothing is remembered for later.
/// </summary>
internal sealed class BitswapSession(Link link, Outbox outbox, StreamTable streams, FederationLimits limits)
    : IStreamOwner
{
    private readonly LinkedList<BitswapWant> _wants = new();
    private readonly Dictionary<Cid, LinkedListNode<BitswapWant>> _byCid = [];
    private readonly HashSet<StreamId> _incoming = [];
    private readonly SortedSet<long> _unread = [];
    private readonly HashSet<StreamId> _outgoing = [];
    private int _answering;
    private long _second;
    private int _wantsInSecond;
    private TimerId? _timer;
    private bool _isOver;

    /// <summary>A stream that the peer opened.</summary>
    public void Take(StreamId stream)
    {
        _incoming.Add(stream);
        streams.Add(stream, link.Id, this);
    }

    /// <summary>The link is down: whatever is on its way finds nobody.</summary>
    public void End()
    {
        _isOver = true;
        if (_timer is { } timer)
            outbox.Forget(timer);
        _wants.Clear();
        _byCid.Clear();
        _unread.Clear();
    }

    public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
    {
        link.ActiveAtMs = outbox.Now.RunningMs;
        if (!BitswapMessage.TryDecode(payload, out var message, out var error))
        {
            outbox.Add(new NetworkEffect.DropLink(link.Id, $"bitswap: {error}"));
            return;
        }
        // Blocks and presences that nobody asked for are passed over.
        if (message.IsFull)
            ForgetAll();
        foreach (var want in message.Wants)
            Note(want);
        Count(message.Wants.Count);
        _unread.Add(stream.Value);
        Answer();
    }

    public void OnEnded(StreamId stream, bool reset)
    {
        if (_incoming.Remove(stream))
        {
            // A peer closes its direction after its wants; ours was never used.
            link.StreamsInbound--;
            _unread.Remove(stream.Value);
            streams.Remove(stream);
            if (!reset)
                outbox.Close(stream);
        }
        else if (reset)
        {
            OnSent(stream);
        }
    }

    public void OnBulk(StreamId stream, object outcome) => streams.Remove(stream);

    public void OnSent(StreamId stream)
    {
        if (!_outgoing.Remove(stream))
            return;
        streams.Remove(stream);
        _answering--;
        link.ActiveAtMs = outbox.Now.RunningMs; // it reads
        Answer();
    }

    private void Note(BitswapWant want)
    {
        if (_byCid.Remove(want.Cid, out var known))
            _wants.Remove(known);
        if (!want.Cancel && _wants.Count < IpfsLimits.Entries)
            _byCid.Add(want.Cid, _wants.AddLast(want));
    }

    private void ForgetAll()
    {
        _wants.Clear();
        _byCid.Clear();
    }

    private void Count(int wants)
    {
        var second = outbox.Now.RunningMs / 1000;
        _wantsInSecond = second == _second ? _wantsInSecond + wants : wants;
        _second = second;
    }

    private void Answer()
    {
        while (!_isOver && _answering < limits.BitswapAnswersPerLink && _wants.Count > 0)
        {
            var batch = new List<BitswapWant>();
            while (batch.Count < limits.BitswapBatch && _wants.First is { } first)
            {
                batch.Add(first.Value);
                _byCid.Remove(first.Value.Cid);
                _wants.RemoveFirst();
            }
            _answering++;
            Ask(batch);
        }
        ReadOn();
    }

    private void Ask(List<BitswapWant> batch)
    {
        var ours = batch.Where(want => IsOurKind(want.Cid)).ToList();
        outbox.Ask(new StoreQuery.PublicBlocks([.. ours.Select(want => Hash256.From(want.Cid.Digest))]), answer =>
        {
            var has = answer is StoreAnswer.PublicBlocks blocks && blocks.Has.Count == ours.Count
                ? ours.Where((_, index) => blocks.Has[index]).Select(want => want.Cid).ToHashSet()
                : [];
            var answers = batch.Where(want => want.SendDontHave || has.Contains(want.Cid))
                .Select(want => new BitswapAnswer(want.Cid, KindOf(want, has.Contains(want.Cid)))).ToList();
            if (_isOver)
                return;
            if (answers.Count > 0)
            {
                Send(answers);
                return;
            }
            _answering--;
            Answer();
        });
    }

    private void Send(List<BitswapAnswer> answers) => outbox.OpenStream(
        link.Id,
        BitswapMessage.ProtocolName,
        stream =>
        {
            streams.Add(stream, link.Id, this);
            _outgoing.Add(stream);
            outbox.Ask(new StoreQuery.ServePublicBlocks(stream, answers), served =>
            {
                if (served is not StoreAnswer.Done && !_isOver)
                {
                    outbox.Reset(stream);
                    OnSent(stream);
                }
            });
        },
        _ =>
        {
            // It does not take answers: nothing is owed to it.
            _answering--;
            ForgetAll();
            ReadOn();
        });

    /// <summary>Lets the streams that wait be read, unless there is enough to do.</summary>
    private void ReadOn()
    {
        if (_isOver || _unread.Count == 0 || _wants.Count > 0)
            return;
        if (_wantsInSecond > limits.BitswapWantsPerSecond && _second == outbox.Now.RunningMs / 1000)
        {
            _timer ??= outbox.After(TimeSpan.FromSeconds(1), () =>
            {
                _timer = null;
                ReadOn();
            });
            return;
        }
        foreach (var stream in _unread)
            outbox.Add(new NetworkEffect.ReadFrames(new StreamId(stream), 1));
        _unread.Clear();
    }

    private static BitswapAnswerKind KindOf(BitswapWant want, bool has) =>
        !has ? BitswapAnswerKind.DontHave : want.WantHave ? BitswapAnswerKind.Have : BitswapAnswerKind.Block;

    private static bool IsOurKind(Cid cid) =>
        cid.HashCode == Cid.HashBlake3 && cid.Digest.Length == Hash256.Size
        && cid.Codec is Cid.CodecRaw or Cid.CodecDagPb;
}
