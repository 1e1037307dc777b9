using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Connection;

/// <summary>A connection with a record of what it told.</summary>
internal sealed class ConnectionSide(ConnectionSettings settings, Instant now)
{
    public ConnectionSettings Settings { get; } = settings;

    public Libp2pConnection Connection { get; } = new(settings, now);

    public List<ConnectionEvent> Events { get; } = [];

    public IEnumerable<T> Told<T>()
        where T : ConnectionEvent => Events.OfType<T>();

    public ConnectionEvent.Closed? Closed => Told<ConnectionEvent.Closed>().SingleOrDefault();

    public void TakeEvents()
    {
        while (Connection.TryTakeEvent(out var taken))
        {
            Events.Add(taken!); // true comes with an event
        }
    }

    public byte[] ReadAll(StreamId id, Instant now)
    {
        using var all = new MemoryStream();
        while (Connection.Peek(id) is { Length: > 0 } piece)
        {
            all.Write(piece);
            Connection.Consume(id, piece.Length, now);
        }

        return all.ToArray();
    }
}

/// <summary>Two connections joined by pipes that cut the bytes at random places, on a clock of their own.</summary>
internal sealed class ConnectionPair
{
    public const string Echo = "/test/echo/1";
    private readonly Chance _chance;
    private readonly int _chunkMax;

    public ConnectionPair(
        ulong seed = 1,
        int chunkMax = 100_000,
        Func<ConnectionSettings, ConnectionSettings>? dialer = null,
        Func<ConnectionSettings, ConnectionSettings>? listener = null)
    {
        _chance = new Chance(seed);
        _chunkMax = chunkMax;
        var settings = Settings(ConnectionRole.Dialer, seed * 2) with { ExpectedPeer = Peer((seed * 2) + 1) };
        Dialer = new ConnectionSide(dialer?.Invoke(settings) ?? settings, Now);
        settings = Settings(ConnectionRole.Listener, (seed * 2) + 1);
        Listener = new ConnectionSide(listener?.Invoke(settings) ?? settings, Now);
    }

    public ConnectionSide Dialer { get; }

    public ConnectionSide Listener { get; }

    public long NowMs { get; set; } = 1_000;

    public Instant Now => new(UnixMs: 0, RunningMs: NowMs);

    public static Ed25519PrivateKey Key(ulong seed) => Ed25519PrivateKey.Generate(new SeededRandom(seed));

    public static PeerId Peer(ulong seed) => Key(seed).PublicKey.ToPeerId();

    public static ConnectionSettings Settings(ConnectionRole role, ulong seed) => new()
    {
        Role = role,
        Key = Key(seed),
        Random = new SeededRandom(seed + 1000),
        Protocols = [Echo],
    };

    public static byte[] TakeOutput(ConnectionSide side)
    {
        using var all = new MemoryStream();
        while (side.Connection.PeekOutput() is { Length: > 0 } piece)
        {
            all.Write(piece.Span);
            side.Connection.ConsumeOutput(piece.Length);
        }

        return all.ToArray();
    }

    /// <summary>Moves bytes until neither side has any left; both collect events.</summary>
    public ConnectionPair Settle()
    {
        while (Move(Dialer, Listener) | Move(Listener, Dialer))
        {
            Dialer.TakeEvents();
            Listener.TakeEvents();
        }

        return this;
    }

    public bool Move(ConnectionSide from, ConnectionSide to)
    {
        var bytes = TakeOutput(from).AsSpan();
        var moved = !bytes.IsEmpty;
        while (!bytes.IsEmpty)
        {
            var take = Math.Min(bytes.Length, 1 + _chance.Below(_chunkMax));
            to.Connection.Receive(bytes[..take], Now);
            bytes = bytes[take..];
        }

        from.TakeEvents();
        to.TakeEvents();
        return moved;
    }

    public StreamId Open(ConnectionSide side, string protocol = Echo)
    {
        Assert.Equal(OpenStreamStatus.Opening, side.Connection.OpenStream([protocol], Now, out var id));
        return id;
    }
}
