using System.Buffers;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Tests.Notes;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Multistream;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>State machines that a stranger talks to. The first byte of an input says how the rest is cut.</summary>
internal static class SessionTargets
{
    private const int OutputMax = 4 * 1024 * 1024 + 256 * 1024;

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("multistream-listener", [Cut(7, Proposals("/noise")), Cut(0, Proposals("/tls/1.0.0", "/noise"))],
            i => Feed(i, new MultistreamListener(name => name == "/noise", Limits.Default))),
        new("multistream-dialer", [Cut(3, Proposals("/noise")), Cut(0, Proposals("na"))], Dial),
        new("noise-handshake", [Cut(0, FirstNoiseMessage()), Cut(5, FirstNoiseMessage())], ShakeHands)
        {
            AllocationBase = 256 * 1024,
        },
        new("connection", [Cut(0, [.. Proposals("/noise"), .. FirstNoiseMessage()])], Connect)
        {
            AllocationBase = 1024 * 1024,
        },
        new("yamux", YamuxSeeds(), i => Yamux(i, dialer: false))
        {
            AllocationBase = 1024 * 1024, AllocationPerByte = 512,
        },
        new("yamux-dialer", YamuxSeeds(), i => Yamux(i, dialer: true))
        {
            AllocationBase = 1024 * 1024, AllocationPerByte = 512,
        },
    ];

    private static byte[] Cut(byte how, byte[] bytes) => [how, .. bytes];

    private static byte[] Proposals(params string[] names)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var name in names.Prepend("/multistream/1.0.0"))
        {
            output.Write([(byte)(name.Length + 1), .. System.Text.Encoding.UTF8.GetBytes(name), (byte)'\n']);
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] FirstNoiseMessage()
    {
        var output = new ArrayBufferWriter<byte>();
        using var dialer = Handshake(initiator: true);
        dialer.Start(output);
        return output.WrittenSpan.ToArray();
    }

    private static NoiseHandshake Handshake(bool initiator) => new(
        initiator, TestKeys.Key(initiator ? (byte)1 : (byte)2), null, ["/yamux/1.0.0"], new SeededRandom(7),
        Limits.Default);

    /// <summary>Pieces of the input: by the first byte whole, or of about that many bytes.</summary>
    private static List<byte[]> Pieces(ReadOnlySpan<byte> input)
    {
        var pieces = new List<byte[]>();
        if (input.IsEmpty)
        {
            return pieces;
        }

        var step = input[0] == 0 ? int.MaxValue : input[0];
        for (var rest = input[1..]; !rest.IsEmpty; rest = rest[Math.Min(step, rest.Length)..])
        {
            pieces.Add(rest[..Math.Min(step, rest.Length)].ToArray());
        }

        return pieces;
    }

    private static string Feed(ReadOnlySpan<byte> input, MultistreamListener listener)
    {
        var output = new ArrayBufferWriter<byte>();
        var status = MultistreamStatus.NeedMore;
        foreach (var piece in Pieces(input))
        {
            ReadOnlySpan<byte> rest = piece;
            status = listener.Receive(ref rest, output);
            if (status != MultistreamStatus.NeedMore)
            {
                break;
            }
        }

        return $"{status} {listener.Error}";
    }

    private static string Dial(ReadOnlySpan<byte> input)
    {
        var dialer = new MultistreamDialer(["/tls/1.0.0", "/noise"], Limits.Default);
        var output = new ArrayBufferWriter<byte>();
        dialer.Start(output);
        var status = MultistreamStatus.NeedMore;
        foreach (var piece in Pieces(input))
        {
            ReadOnlySpan<byte> rest = piece;
            status = dialer.Receive(ref rest, output);
            if (status != MultistreamStatus.NeedMore)
            {
                break;
            }
        }

        return $"{status} {dialer.Error}";
    }

    private static string ShakeHands(ReadOnlySpan<byte> input)
    {
        using var listener = Handshake(initiator: false);
        var output = new ArrayBufferWriter<byte>();
        var status = NoiseStatus.NeedMore;
        foreach (var piece in Pieces(input))
        {
            ReadOnlySpan<byte> rest = piece;
            status = listener.Receive(ref rest, output);
            if (status != NoiseStatus.NeedMore)
            {
                break;
            }
        }

        return listener.RemotePeer.IsDefault
            ? $"{status} {listener.Error}"
            : throw new FuzzFinding("a stranger proved an identity with bytes of chance");
    }

    private static string Connect(ReadOnlySpan<byte> input)
    {
        var now = new Instant(0, 1_000);
        using var connection = new Libp2pConnection(
            new ConnectionSettings
            {
                Role = ConnectionRole.Listener,
                Key = TestKeys.Key(2),
                Random = new SeededRandom(9),
            }, now);
        foreach (var piece in Pieces(input).TakeWhile(_ => !connection.IsClosed))
        {
            connection.Receive(piece, now);
        }

        var outcome = connection.IsClosed ? "closed" : "open";
        while (connection.TryTakeEvent(out var told))
        {
            outcome += told is ConnectionEvent.Closed closed ? $" {closed.Reason}" : $" {told!.GetType().Name}";
        }

        return connection.PendingOutputBytes > OutputMax ? throw new FuzzFinding("output grows") : outcome;
    }

    /// <summary>Frames of 12 bytes: version, kind, flags (2), stream (4), length (4); then data.</summary>
    private static List<byte[]> YamuxSeeds() =>
    [
        Cut(0, [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0]),
        Cut(5, [0, 1, 0, 1, 0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 9]),
        Cut(0, [0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 42, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        Cut(0, [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0]),
    ];

    private static string Yamux(ReadOnlySpan<byte> input, bool dialer)
    {
        using var output = new OutputQueue();
        using var session = new YamuxSession(dialer, output, Limits.Default);
        session.TryOpen(out var own);
        session.Write(own, "hello"u8);
        var kinds = 0;
        foreach (var piece in Pieces(input))
        {
            if (!session.Receive(piece, 5))
            {
                break;
            }

            while (session.TryTakeEvent(out var told))
            {
                kinds |= 1 << (int)told.Kind;
                if (told.Kind == YamuxEventKind.Readable && (told.Stream & 2) != 0)
                {
                    session.Consume(told.Stream, (int)Math.Min(session.Readable(told.Stream), 7), 6);
                }
            }
        }

        if (session.StreamCount > Limits.Default.StreamsInboundMax + 1)
        {
            throw new FuzzFinding($"{session.StreamCount} streams are open");
        }

        return output.PendingBytes > OutputMax
            ? throw new FuzzFinding($"{output.PendingBytes} bytes of output wait")
            : $"{session.Error} {kinds}";
    }
}
