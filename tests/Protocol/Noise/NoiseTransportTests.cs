using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Noise;

public sealed class NoiseTransportTests
{
    private readonly byte[] _plaintext = new byte[NoiseTransport.PlaintextBytesMax];

    [Fact]
    public void FramesOpenInAnyChunks()
    {
        var data = new Chance(5).Bytes(300_000);
        for (ulong seed = 0; seed < 20; seed++)
        {
            var (dialer, listener) = NoiseHandshakeTests.Channel();
            var bytes = Sealed(dialer, data);
            var chance = new Chance(seed);
            using var opened = new MemoryStream();
            var rest = bytes.AsSpan();
            while (!rest.IsEmpty)
            {
                var take = Math.Min(rest.Length, 1 + chance.Below(seed % 2 == 0 ? 100_000 : 5000));
                Receive(listener, rest[..take], opened);
                rest = rest[take..];
            }

            Assert.Equal(data, opened.ToArray());
        }
    }

    [Fact]
    public void EverySplitOfAFrameOpensTheSame()
    {
        var length = Sealed(NoiseHandshakeTests.Channel().Dialer, "hello"u8.ToArray()).Length;
        Assert.Equal(2 + 5 + 16, length);
        for (var split = 0; split <= length; split++)
        {
            var (dialer, listener) = NoiseHandshakeTests.Channel();
            var bytes = Sealed(dialer, "hello"u8.ToArray());
            using var opened = new MemoryStream();
            Receive(listener, bytes.AsSpan(0, split), opened);
            Receive(listener, bytes.AsSpan(split), opened);
            Assert.Equal("hello"u8.ToArray(), opened.ToArray());
        }
    }

    [Fact]
    public void FlippedReplayedAndShortFramesAreRefusedForGood()
    {
        Assert.Equal(NoiseError.DecryptFailed, ErrorOf(frame => frame[5] ^= 1));
        Assert.Equal(NoiseError.MessageTooShort, ErrorOf(frame => (frame[0], frame[1]) = (0, 15)));

        var (dialer, listener) = NoiseHandshakeTests.Channel();
        var bytes = Sealed(dialer, "once"u8.ToArray());
        ReadOnlySpan<byte> input = bytes;
        Assert.Equal(NoiseStatus.Done, listener.Receive(ref input, _plaintext, out _));
        input = bytes;
        Assert.Equal(NoiseStatus.Rejected, listener.Receive(ref input, _plaintext, out _));
        input = bytes;
        Assert.Equal(NoiseStatus.Rejected, listener.Receive(ref input, _plaintext, out _));
        Assert.Equal(NoiseError.DecryptFailed, listener.Error);
    }

    private NoiseError ErrorOf(Action<byte[]> damage)
    {
        var (dialer, listener) = NoiseHandshakeTests.Channel();
        var bytes = Sealed(dialer, "data"u8.ToArray());
        damage(bytes);
        ReadOnlySpan<byte> input = bytes;
        Assert.Equal(NoiseStatus.Rejected, listener.Receive(ref input, _plaintext, out _));
        return listener.Error;
    }

    private void Receive(NoiseTransport side, ReadOnlySpan<byte> input, MemoryStream opened)
    {
        while (side.Receive(ref input, _plaintext, out var length) == NoiseStatus.Done)
        {
            opened.Write(_plaintext, 0, length);
        }

        Assert.Equal(NoiseError.None, side.Error);
    }

    private static byte[] Sealed(NoiseTransport side, ReadOnlySpan<byte> data)
    {
        using var queue = new OutputQueue();
        queue.SealWith(side);
        while (!data.IsEmpty)
        {
            var room = queue.GetSpan(1);
            var take = Math.Min(room.Length, data.Length);
            data[..take].CopyTo(room);
            queue.Advance(take);
            data = data[take..];
        }

        using var all = new MemoryStream();
        while (queue.Peek() is { Length: > 0 } piece)
        {
            all.Write(piece.Span);
            queue.Consume(piece.Length);
        }

        return all.ToArray();
    }
}
