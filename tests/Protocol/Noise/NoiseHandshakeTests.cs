using System.Buffers;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Noise;

public sealed class NoiseHandshakeTests
{
    private static readonly string[] Yamux = ["/yamux/1.0.0"];
    private readonly Ed25519PrivateKey _alice = Ed25519PrivateKey.Generate(new SeededRandom(1));
    private readonly Ed25519PrivateKey _bob = Ed25519PrivateKey.Generate(new SeededRandom(2));

    [Fact]
    public void BothSidesLearnTheOtherAndTheMuxer()
    {
        var (dialer, listener) = Pair(_bob.PublicKey.ToPeerId());
        Assert.Equal((NoiseStatus.Done, NoiseStatus.Done), Run(dialer, listener, chunk: int.MaxValue));
        Assert.Equal(_bob.PublicKey.ToPeerId(), dialer.RemotePeer);
        Assert.Equal(_alice.PublicKey.ToPeerId(), listener.RemotePeer);
        Assert.Equal("/yamux/1.0.0", dialer.Muxer);
        Assert.Equal("/yamux/1.0.0", listener.Muxer);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, false)]
    public void FramesAreAesOnlyWhereBothSidesOfferIt(bool dialerOffers, bool listenerOffers, bool isAes)
    {
        var (dialer, listener) = Pair(null, dialerOffers, listenerOffers);
        Assert.Equal((NoiseStatus.Done, NoiseStatus.Done), Run(dialer, listener, chunk: int.MaxValue));
        Assert.Equal((isAes, isAes), (dialer.UsesAes, listener.UsesAes));
        using var left = dialer.CreateTransport();
        using var right = listener.CreateTransport();
        foreach (var (from, to) in new[] { (left, right), (right, left) })
        {
            var frame = new byte[from.HeadBytes + 5 + from.TailBytes];
            "hello"u8.CopyTo(frame.AsSpan(from.HeadBytes));
            from.Seal(frame);
            var plaintext = new byte[NoiseTransport.PlaintextBytesMax];
            ReadOnlySpan<byte> input = frame;
            Assert.Equal(NoiseStatus.Done, to.Receive(ref input, plaintext, out var length));
            Assert.Equal("hello"u8.ToArray(), plaintext[..length]);
        }
    }

    [Fact]
    public void HandshakeWorksByteByByte()
    {
        var (dialer, listener) = Pair(null);
        Assert.Equal((NoiseStatus.Done, NoiseStatus.Done), Run(dialer, listener, chunk: 1));
    }

    [Fact]
    public void AnotherPeerThanDialledIsRefusedBeforeOurIdentityLeaves()
    {
        var (dialer, listener) = Pair(Ed25519PrivateKey.Generate(new SeededRandom(9)).PublicKey.ToPeerId());
        Assert.Equal((NoiseStatus.Rejected, NoiseStatus.NeedMore), Run(dialer, listener, chunk: int.MaxValue));
        Assert.Equal(NoiseError.WrongPeer, dialer.Error);
        Assert.True(listener.RemotePeer.IsDefault);
    }

    [Fact]
    public void OwnIdentityAtTheOtherEndIsRefused()
    {
        var dialer = new NoiseHandshake(true, _alice, null, Yamux, new SeededRandom(3), Limits.Default);
        var listener = new NoiseHandshake(false, _alice, null, Yamux, new SeededRandom(4), Limits.Default);
        Run(dialer, listener, chunk: int.MaxValue);
        Assert.Equal(NoiseError.SelfDial, dialer.Error);
    }

    [Fact]
    public void SignatureByAnotherKeyIsRefused()
    {
        var dialer = new NoiseHandshake(true, _alice, null, Yamux, new SeededRandom(3), Limits.Default);
        var listener = new NoiseHandshake(
            false, new LyingSigner(_bob.PublicKey, _alice), null, Yamux, new SeededRandom(4), Limits.Default);
        Run(dialer, listener, chunk: int.MaxValue);
        Assert.Equal(NoiseError.BadSignature, dialer.Error);
    }

    [Fact]
    public void PeerWithOnlyForeignMuxersIsRefused()
    {
        var dialer = new NoiseHandshake(true, _alice, null, Yamux, new SeededRandom(3), Limits.Default);
        var listener = new NoiseHandshake(false, _bob, null, ["/mplex/6.7.0"], new SeededRandom(4), Limits.Default);
        Run(dialer, listener, chunk: int.MaxValue);
        Assert.Equal(NoiseError.NoCommonMuxer, dialer.Error);
    }

    [Fact]
    public void PeerWithoutTheExtensionLeavesTheMuxerOpen()
    {
        var dialer = new NoiseHandshake(true, _alice, null, Yamux, new SeededRandom(3), Limits.Default);
        var listener = new NoiseHandshake(false, _bob, null, [], new SeededRandom(4), Limits.Default);
        Assert.Equal(NoiseStatus.Done, Run(dialer, listener, chunk: int.MaxValue).Dialer);
        Assert.Null(dialer.Muxer);
    }

    [Fact]
    public void LowOrderKeyIsRefused()
    {
        var (_, listener) = Pair(null);
        ReadOnlySpan<byte> input = (byte[])[0, 32, .. new byte[32]];
        Assert.Equal(NoiseStatus.Rejected, listener.Receive(ref input, new ArrayBufferWriter<byte>()));
        Assert.Equal(NoiseError.WeakKey, listener.Error);
    }

    [Fact]
    public void OversizeMessageIsRefusedByItsLengthAlone()
    {
        var (_, listener) = Pair(null);
        ReadOnlySpan<byte> input = [0x10, 0x01];
        Assert.Equal(NoiseStatus.Rejected, listener.Receive(ref input, new ArrayBufferWriter<byte>()));
        Assert.Equal(NoiseError.MessageTooLong, listener.Error);
    }

    [Fact]
    public void EveryFlippedBitOfTheSecondMessageIsRefused()
    {
        var length = SecondMessage().Length;
        for (var bit = 16; bit < length * 8; bit += 7)
        {
            var (dialer, _) = Pair(null);
            dialer.Start(new ArrayBufferWriter<byte>());
            var message = SecondMessage();
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            ReadOnlySpan<byte> input = message;
            var status = dialer.Receive(ref input, new ArrayBufferWriter<byte>());
            Assert.Equal(NoiseStatus.Rejected, status);
            Assert.Contains(dialer.Error, new[] { NoiseError.DecryptFailed, NoiseError.WeakKey });
        }
    }

    [Theory]
    [InlineData("empty", "", NoiseError.MissingIdentity)]
    [InlineData("not protobuf", "ff", NoiseError.InvalidPayload)]
    [InlineData("RSA key", "0a04080012001204aabbccdd", NoiseError.UnsupportedKeyKind)]
    [InlineData("short key", "0a06080112020102" + "1204aabbccdd", NoiseError.InvalidPayload)]
    [InlineData("key without kind", "0a02120012" + "04aabbccdd", NoiseError.InvalidPayload)]
    public void DefectivePayloadIsNamed(string label, string hex, NoiseError expected)
    {
        Assert.NotEmpty(label);
        var error = NoisePayload.TryVerify(Convert.FromHexString(hex), new byte[32], Limits.Default, out var payload);
        Assert.Equal(expected, error);
        Assert.Null(payload);
    }

    [Fact]
    public void TooManyMuxersAreRefused()
    {
        var payload = NoisePayload.Encode(_alice, new byte[32], Enumerable.Repeat("/m", 17), offersAes: false);
        Assert.Equal(NoiseError.InvalidPayload, NoisePayload.TryVerify(payload, new byte[32], Limits.Default, out _));
    }

    [Fact]
    public void MutatedPayloadsNeverThrowAndNeverVerifyForAnotherKey()
    {
        var good = NoisePayload.Encode(_alice, new byte[32], Yamux, offersAes: false);
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = good[..(1 + chance.Below(good.Length))];
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            if (NoisePayload.TryVerify(bytes, new byte[32], Limits.Default, out var payload) == NoiseError.None)
            {
                Assert.Equal(_alice.PublicKey, payload!.Identity); // not null without an error
            }
        }
    }

    internal static (NoiseTransport Dialer, NoiseTransport Listener) Channel()
    {
        var test = new NoiseHandshakeTests();
        var (dialer, listener) = test.Pair(null);
        Run(dialer, listener, int.MaxValue);
        return (dialer.CreateTransport(), listener.CreateTransport());
    }

    private static (NoiseStatus Dialer, NoiseStatus Listener) Run(
        NoiseHandshake dialer, NoiseHandshake listener, int chunk)
    {
        var toListener = new OutputQueue();
        var toDialer = new OutputQueue();
        var (dialerStatus, listenerStatus) = (NoiseStatus.NeedMore, NoiseStatus.NeedMore);
        dialer.Start(toListener);
        for (var i = 0; i < 3; i++)
        {
            listenerStatus = Feed(listener, toListener, toDialer, chunk, listenerStatus);
            dialerStatus = Feed(dialer, toDialer, toListener, chunk, dialerStatus);
        }

        return (dialerStatus, listenerStatus);
    }

    private static NoiseStatus Feed(
        NoiseHandshake side, OutputQueue from, OutputQueue to, int chunk, NoiseStatus status)
    {
        while (from.Peek() is { Length: > 0 } bytes)
        {
            var take = Math.Min(chunk, bytes.Length);
            ReadOnlySpan<byte> input = bytes.Span[..take].ToArray();
            from.Consume(take);
            status = side.Receive(ref input, to);
        }

        return status;
    }

    private byte[] SecondMessage()
    {
        var (dialer, listener) = Pair(null);
        var first = new ArrayBufferWriter<byte>();
        dialer.Start(first);
        var second = new ArrayBufferWriter<byte>();
        var input = first.WrittenSpan;
        listener.Receive(ref input, second);
        return second.WrittenSpan.ToArray();
    }

    private (NoiseHandshake Dialer, NoiseHandshake Listener) Pair(
        PeerId? expected, bool dialerOffersAes = false, bool listenerOffersAes = false) => (
        new NoiseHandshake(true, _alice, expected, Yamux, new SeededRandom(3), Limits.Default, dialerOffersAes),
        new NoiseHandshake(false, _bob, null, Yamux, new SeededRandom(4), Limits.Default, listenerOffersAes));

    private sealed class LyingSigner(Ed25519PublicKey claimed, ISigner real) : ISigner
    {
        public Ed25519PublicKey PublicKey => claimed;

        public void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => real.Sign(message, signature);
    }
}
