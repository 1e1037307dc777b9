using Omega.P2P.Federation.Ipfs;
using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Federation.Tests;

/// <summary>Fetching a tree from peers that have it, have it not, are slow, lie or break off.</summary>
public sealed class IpfsFetchTests
{
    private static readonly IpfsFetchLimits Limits = IpfsFetchLimits.Default;

    private readonly Dictionary<Cid, byte[]> _blocks = [];
    private readonly List<MeshEffect> _effects = [];
    private readonly PriorityQueue<TimerId, long> _timers = new();
    private readonly List<FakePeer> _peers = [];
    private readonly Queue<NetworkInput> _pendingInputs = new();
    private readonly MemoryStream _got = new();
    private UnixFsWalk? _walk;
    private IpfsFetch? _fetch;
    private long _nowMs = 1_000_000;
    private long _lastId = 5000;

    private Instant Now => new(0, _nowMs);

    private IpfsFetch Fetch => _fetch ?? throw new InvalidOperationException("not started");

    [Fact]
    public void FileComesWholeFromOnePeerAndEveryBlockOnce()
    {
        var (root, bytes) = File(40_000, 100);
        Start(root, new FakePeer());
        Assert.True(Run(60));
        Assert.Equal(bytes, _got.ToArray());
        Assert.Equal(_blocks.Count, Fetch.Blocks);
        Assert.Equal(_blocks.Count, _peers[0].Sent);
        Assert.Equal([_peers[0].Id], Fetch.Peers);
    }

    [Fact]
    public void PeerIsAskedForTheNextBatchOnlyWhenItHasBroughtTheLast()
    {
        var (root, _) = File(40_000, 100);
        var peer = new FakePeer { AnswersAtOnce = 7 };
        Start(root, peer);
        Assert.True(Run(60));
        Assert.Equal(_blocks.Count, peer.Sent); // Helia would have sent what it still owed once more
        Assert.All(peer.Messages.Skip(1), m => Assert.Contains(m.Wants, w => w.Cancel));
    }

    [Fact]
    public void SeveralPeersShareTheWork()
    {
        var (root, bytes) = File(200_000, 100);
        Start(root, new FakePeer(), new FakePeer(), new FakePeer());
        Assert.True(Run(60));
        Assert.Equal(bytes, _got.ToArray());
        Assert.All(_peers, p => Assert.InRange(p.Sent, _blocks.Count / 6, _blocks.Count * 2 / 3));
    }

    [Fact]
    public void BlocksThatOnePeerLacksComeFromTheOther()
    {
        var (root, bytes) = File(20_000, 100);
        var lacks = _blocks.Keys.Where((_, i) => i % 2 == 0).ToHashSet();
        Start(root, new FakePeer { Lacks = lacks }, new FakePeer { Lacks = [.. _blocks.Keys.Except(lacks)] });
        Assert.True(Run(60));
        Assert.Equal(bytes, _got.ToArray());
    }

    [Fact]
    public void BlockThatEveryPeerLacksIsNotFoundByName()
    {
        var (root, _) = File(1000, 100);
        var lost = _blocks.Keys.First(cid => cid.Codec == Cid.CodecRaw);
        Start(root, new FakePeer { Lacks = [lost] }, new FakePeer { Lacks = [lost] });
        Assert.False(Run(60));
        Assert.Equal(MeshError.NotFound, Fetch.Failure?.Code);
        Assert.Contains(lost.ToString(), Fetch.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongBytesAreNothingThatWasAskedForAndTheOtherPeerIsAsked()
    {
        var (root, bytes) = File(20_000, 100);
        Start(root, new FakePeer { Tamper = Flipped }, new FakePeer());
        Assert.True(Run(120));
        Assert.Equal(bytes, _got.ToArray());
        Assert.Equal([_peers[1].Id], Fetch.Peers);
    }

    [Fact]
    public void PeerThatSendsWhatNobodyAskedForIsLeft()
    {
        var (root, bytes) = File(20_000, 100);
        var junk = new byte[2_000_000];
        Start(root, new FakePeer { Tamper = _ => junk, Repeats = 100 }, new FakePeer());
        Assert.True(Run(120));
        Assert.Equal(bytes, _got.ToArray());
        Assert.True(_peers[0].IsDropped);
        Assert.InRange(_peers[0].BytesSent, 0, Limits.UnaskedBytes + 4_000_000);
    }

    [Fact]
    public void PeerThatTalksWithoutEndAndBringsNothingIsLeft()
    {
        var (root, _) = File(1000, 100);
        Start(root, new FakePeer { IsSilent = true });
        Assert.False(Run(1));
        for (var i = 0; i <= Limits.UselessMessages && !_peers[0].IsDropped; i++)
            _peers[0].Send(this, new BitswapMessage { Presences = [new BitswapPresence(root, true)] }.Encode());
        Assert.True(_peers[0].IsDropped);
        Assert.Equal(MeshError.Unreachable, Fetch.Failure?.Code);
    }

    [Fact]
    public void BytesThatAreNoMessageCostThePeer()
    {
        var (root, bytes) = File(2000, 100);
        Start(root, new FakePeer { IsSilent = true }, new FakePeer());
        Assert.False(Run(1) && _got.Length == 0);
        _peers[0].Send(this, new byte[] { 0xff, 0xff });
        Assert.True(_peers[0].IsDropped);
        Assert.True(Run(60));
        Assert.Equal(bytes, _got.ToArray());
    }

    [Fact]
    public void SilentPeerIsReplacedAndASilentOneAloneEndsInTheNameOfItsSilence()
    {
        var (root, bytes) = File(20_000, 100);
        Start(root, new FakePeer { IsSilent = true }, new FakePeer());
        Assert.True(Run(20));
        Assert.Equal(bytes, _got.ToArray());
        Start(root, new FakePeer { IsSilent = true });
        Assert.False(Run(60));
        Assert.Equal(MeshError.NotAvailable, Fetch.Failure?.Code);
        Assert.Equal(2, _peers[0].Messages.Count); // asked once more before it was given up
    }

    [Fact]
    public void BrokenLinkIsDialledAgainAndGivenUpAfterSeveral()
    {
        var (root, bytes) = File(20_000, 100);
        Start(root, new FakePeer { BreaksAfter = 50, Breaks = 2 });
        Assert.True(Run(60));
        Assert.Equal(bytes, _got.ToArray());
        Start(root, new FakePeer { BreaksAfter = 1, Breaks = 100 });
        Assert.False(Run(60));
        Assert.Equal(MeshError.Unreachable, Fetch.Failure?.Code);
        Assert.Equal(Limits.Tries, _peers[0].Dials);
    }

    [Fact]
    public void PeerThatDoesNotSpeakBitswapAndOneThatIsNotThereAreNamed()
    {
        var (root, _) = File(100, 100);
        Start(root, new FakePeer { RefusesStreams = true }, new FakePeer { IsAway = true });
        Assert.False(Run(60));
        Assert.Equal(MeshError.Unreachable, Fetch.Failure?.Code);
        Assert.Contains("ProtocolNotSupported", Fetch.Failure?.Message, StringComparison.Ordinal);
        Assert.Contains("refused", Fetch.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReaderThatStopsStopsTheWants()
    {
        var builder = new UnixFsBuilder(branch => _blocks[branch.Cid] = branch.Bytes);
        for (var i = 0; i < 200; i++)
        {
            var leaf = Pair.Content(1 << 20, i);
            leaf[0] = (byte)i;
            var cid = CidHash.Of(Cid.CodecRaw, Cid.HashSha256, leaf);
            _blocks[cid] = leaf;
            builder.Add(cid, leaf.Length);
        }

        Start(builder.Finish(), new FakePeer());
        Run(60, reads: false);
        Assert.InRange(_peers[0].BytesSent, IpfsLimits.BytesAhead / 2, IpfsLimits.BytesAhead + (4 << 20));
        Assert.True(Run(60));
        Assert.Equal(200 << 20, _got.Length);
    }

    private static byte[] Flipped(byte[] block) => [.. block[..^1], (byte)~block[^1]];

    private (Cid Root, byte[] Bytes) File(int size, int leafBytes)
    {
        _blocks.Clear();
        var bytes = new byte[size];
        new SeededRandom(7).Fill(bytes);
        var builder = new UnixFsBuilder(branch => _blocks[branch.Cid] = branch.Bytes, Cid.HashSha256);
        for (var at = 0; at < size; at += leafBytes)
        {
            var leaf = bytes[at..Math.Min(size, at + leafBytes)];
            var cid = CidHash.Of(Cid.CodecRaw, Cid.HashSha256, leaf);
            _blocks[cid] = leaf;
            builder.Add(cid, leaf.Length);
        }

        return (builder.Finish(), bytes);
    }

    private void Start(Cid root, params FakePeer[] peers)
    {
        _peers.Clear();
        _peers.AddRange(peers);
        _timers.Clear();
        _pendingInputs.Clear();
        _got.SetLength(0);
        var from = new List<Multiaddr>();
        foreach (var (i, peer) in peers.Index())
        {
            peer.Id = Ed25519PrivateKey.FromSeed(Pair.Content(32, i)).PublicKey.ToPeerId();
            peer.Address = $"/ip4/10.0.0.{i}/tcp/4001";
            Assert.True(Multiaddr.TryParse($"{peer.Address}/p2p/{peer.Id}", out var address, out _));
            from.Add(address);
        }

        _walk = new UnixFsWalk(root);
        _fetch = new IpfsFetch(_walk, from, new SeededRandom(1), Limits, Now, _effects);
        Carry();
    }

    /// <summary>Lets so much time pass at most; true when the walk is at its end.</summary>
    private bool Run(int seconds, bool reads = true)
    {
        for (var until = _nowMs + (seconds * 1000L); _nowMs < until && Fetch.Failure is null;)
        {
            while (reads && _walk!.TryTake(out var part)) // set by Start
            {
                if (part is UnixFsPart.Bytes data) _got.Write(data.Data.Span);
            }

            if (_walk!.IsDone) return true;
            Fetch.GoOn(Now, _effects);
            Carry();
            if (_peers.Exists(p => p.Answer(this))) continue;
            Assert.True(_timers.TryDequeue(out var timer, out var dueMs), "nothing is waited for");
            _nowMs = Math.Max(_nowMs, dueMs);
            Tell(new NetworkInput.TimerFired(timer));
        }

        return _walk!.IsDone;
    }

    private void Tell(NetworkInput input)
    {
        Fetch.Handle(input, Now, _effects);
        Carry();
    }

    private void Carry()
    {
        while (_effects.Count > 0)
        {
            var effect = _effects[0];
            _effects.RemoveAt(0);
            if (effect is NetworkEffect.ArmTimer arm)
                _timers.Enqueue(arm.Timer, _nowMs + (long)arm.After.TotalMilliseconds);
            else
                _peers.ForEach(peer => peer.Carry(this, effect));
        }
    }

    /// <summary>A bitswap peer as a test wants it.</summary>
    private sealed class FakePeer
    {
        private readonly Queue<Cid> _owed = new();
        private readonly Dictionary<StreamId, bool> _streams = [];
        private LinkId? _link;

        public PeerId Id { get; set; }

        public string Address { get; set; } = "";

        public HashSet<Cid> Lacks { get; init; } = [];

        public Func<byte[], byte[]> Tamper { get; init; } = block => block;

        public int Repeats { get; init; } = 1;

        public int AnswersAtOnce { get; init; } = 50;

        public bool IsSilent { get; init; }

        public bool IsAway { get; init; }

        public bool RefusesStreams { get; init; }

        public int BreaksAfter { get; init; } = int.MaxValue;

        public int Breaks { get; set; }

        public List<BitswapMessage> Messages { get; } = [];

        public int Sent { get; private set; }

        public long BytesSent { get; private set; }

        public int Dials { get; private set; }

        public bool IsDropped { get; private set; }

        public void Carry(IpfsFetchTests test, MeshEffect effect)
        {
            switch (effect)
            {
                case NetworkEffect.Dial dial when dial.Address == Address:
                    Dials++;
                    _link = IsAway ? null : new LinkId(++test._lastId);
                    test._pendingInputs.Enqueue(_link is { } link
                        ? new NetworkInput.LinkUp(link, Id, Address, true, dial.Id)
                        : new NetworkInput.DialFailed(dial.Id, "refused"));
                    break;
                case NetworkEffect.OpenStream open when open.Link == _link:
                    var stream = new StreamId(++test._lastId);
                    _streams[stream] = true;
                    test._pendingInputs.Enqueue(RefusesStreams
                        ? new NetworkInput.StreamFailed(open.Request, "ProtocolNotSupported")
                        : new NetworkInput.StreamReady(open.Request, stream, BitswapMessage.ProtocolName));
                    break;
                case NetworkEffect.SendFrame send when _streams.ContainsKey(send.Stream):
                    Assert.True(BitswapMessage.TryDecode(send.Payload, out var message, out _));
                    Messages.Add(message);
                    foreach (var want in message.Wants.Where(w => !w.Cancel)) _owed.Enqueue(want.Cid);
                    break;
                case NetworkEffect.DropLink drop when drop.Link == _link:
                    IsDropped = true;
                    _link = null;
                    break;
                default:
                    break;
            }
        }

        /// <summary>Sends what it owes next; false when there is nothing.</summary>
        public bool Answer(IpfsFetchTests test)
        {
            if (test._pendingInputs.TryDequeue(out var input))
            {
                test.Tell(input);
                return true;
            }

            if (IsSilent || _link is null || _owed.Count == 0) return false;
            var blocks = new List<BitswapBlock>();
            var presences = new List<BitswapPresence>();
            for (var i = 0; i < AnswersAtOnce && Size(blocks) < 2_000_000 && _owed.TryDequeue(out var cid); i++)
            {
                if (Lacks.Contains(cid)) presences.Add(new BitswapPresence(cid, false));
                else blocks.Add(new BitswapBlock(BitswapMessage.PrefixOf(cid), Tamper(test._blocks[cid])));
            }

            for (var i = 0; i < Repeats && !IsDropped; i++)
            {
                Sent += blocks.Count;
                BytesSent += Size(blocks);
                Send(test, new BitswapMessage { Blocks = blocks, Presences = presences }.Encode());
            }

            if (Sent < BreaksAfter || Breaks == 0 || _link is not { } link) return true;
            (Breaks, Sent, _link) = (Breaks - 1, 0, null);
            _owed.Clear();
            test.Tell(new NetworkInput.LinkDown(link, "broke"));
            return true;
        }

        public void Send(IpfsFetchTests test, ReadOnlyMemory<byte> message)
        {
            var stream = new StreamId(++test._lastId);
            test.Tell(new NetworkInput.StreamOpened(stream, _link ?? default, BitswapMessage.ProtocolName));
            test.Tell(new NetworkInput.FrameArrived(stream, message));
            test.Tell(new NetworkInput.StreamEnded(stream, false));
        }

        private static int Size(List<BitswapBlock> blocks) => blocks.Sum(b => b.Data.Length);
    }
}
