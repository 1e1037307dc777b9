using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Noise;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>A stranger at a daemon's port: does the handshake as it should, if at all, and then says what it likes.
/// </summary>
internal sealed class RoguePeer : IDisposable
{
    public const int Syn = 1, Ack = 2, Fin = 4, Rst = 8;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly OutputQueue _output = new();
    private NoiseTransport? _noise;

    /// <param name="to">The daemon's mesh address.</param>
    /// <param name="from">A loopback address to come from.</param>
    public RoguePeer(IPEndPoint to, string from = "127.0.0.1")
    {
        _socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        _socket.NoDelay = true;
        _socket.ReceiveTimeout = 20_000;
        _socket.Connect(to);
    }

    /// <summary>Everything sent in the clear, for whoever wants to say it again.</summary>
    public List<byte[]> Said { get; } = [];

    /// <summary>With the hand at the third message: what is sent in its place.</summary>
    public RoguePeer Handshake(Func<byte[], byte[]>? third = null)
    {
        using var noise = new NoiseHandshake(
            true, Ed25519PrivateKey.Generate(new Chance()), null, ["/yamux/1.0.0"], new Chance(), Limits.Default);
        Say("\u0013/multistream/1.0.0\n\u0007/noise\n"u8.ToArray());
        noise.Start(_output);
        Say(TakeOutput());
        var hello = new byte[28];
        ReadExactly(hello);
        var length = new byte[2];
        ReadExactly(length);
        var answer = new byte[2 + BinaryPrimitives.ReadUInt16BigEndian(length)];
        length.CopyTo(answer, 0);
        ReadExactly(answer.AsSpan(2));
        ReadOnlySpan<byte> rest = answer;
        Assert.Equal(NoiseStatus.Done, noise.Receive(ref rest, _output));
        Say(third is null ? TakeOutput() : third(TakeOutput()));
        _noise = noise.CreateTransport();
        _output.SealWith(_noise);
        return this;
    }

    public void Say(byte[] bytes)
    {
        Said.Add(bytes);
        Send(bytes);
    }

    /// <summary>Yamux frames, sealed. False once the daemon has hung up.</summary>
    public bool TrySend(params byte[][] frames)
    {
        foreach (var frame in frames)
        {
            for (var rest = frame.AsSpan(); !rest.IsEmpty;)
            {
                var room = _output.GetSpan(1);
                var take = Math.Min(room.Length, rest.Length);
                rest[..take].CopyTo(room);
                _output.Advance(take);
                rest = rest[take..];
            }
        }

        return Send(TakeOutput());
    }

    /// <summary>A stream that speaks a protocol, and what is said on it.</summary>
    public static byte[] Open(uint id, string protocol, params byte[] then)
    {
        byte[] name = [(byte)(protocol.Length + 1), .. Encoding.ASCII.GetBytes(protocol), (byte)'\n'];
        byte[] data = [.. "\u0013/multistream/1.0.0\n"u8, .. name, .. then];
        return [.. Frame(0, Syn, id, data.Length), .. data];
    }

    public static byte[] Data(uint id, byte[] data) => [.. Frame(0, 0, id, data.Length), .. data];

    public static byte[] Frame(int kind, int flags, uint id, long length)
    {
        var frame = new byte[12];
        frame[1] = (byte)kind;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)flags);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), id);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), (uint)length);
        return frame;
    }

    /// <summary>Reads on and passes over what comes, until the daemon hangs up.</summary>
    public bool HangsUp(int withinMs = 15_000)
    {
        var buffer = new byte[64 * 1024];
        _socket.ReceiveTimeout = withinMs;
        try
        {
            while (_socket.Receive(buffer) > 0)
            {
            }

            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted;
        }
    }

    /// <summary>Reads beside, so that nothing holds the daemon up.</summary>
    public RoguePeer Listening()
    {
        _ = Task.Run(() => HangsUp(60_000));
        return this;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _output.Dispose();
        _noise?.Dispose();
    }

    private bool Send(byte[] bytes)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length;) sent += _socket.Send(bytes.AsSpan(sent));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void ReadExactly(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var read = _socket.Receive(bytes);
            Assert.True(read > 0, "the daemon hung up");
            bytes = bytes[read..];
        }
    }

    private byte[] TakeOutput()
    {
        using var all = new MemoryStream();
        while (_output.Peek() is { Length: > 0 } piece)
        {
            all.Write(piece.Span);
            _output.Consume(piece.Length);
        }

        return all.ToArray();
    }

    private sealed class Chance : IRandomSource
    {
        public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}
