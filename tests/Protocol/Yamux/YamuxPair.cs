using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Yamux;

/// <summary>A session with its output and a record of what it told.</summary>
internal sealed class YamuxSide
{
    public YamuxSide(bool dialer, Limits limits)
    {
        Output = new OutputQueue();
        Session = new YamuxSession(dialer, Output, limits);
    }

    public OutputQueue Output { get; }

    public YamuxSession Session { get; }

    public List<YamuxEvent> Events { get; } = [];

    public void TakeEvents()
    {
        while (Session.TryTakeEvent(out var taken))
        {
            Events.Add(taken);
        }
    }

    public byte[] TakeOutput(int most = int.MaxValue)
    {
        using var all = new MemoryStream();
        while (all.Length < most && Output.Peek() is { Length: > 0 } piece)
        {
            var take = (int)Math.Min(piece.Length, most - all.Length);
            all.Write(piece.Span[..take]);
            Output.Consume(take);
        }

        Session.OnOutputDrained();
        return all.ToArray();
    }

    public byte[] ReadAll(uint id, long nowMs = 0)
    {
        using var all = new MemoryStream();
        while (Session.Peek(id) is { Length: > 0 } piece)
        {
            all.Write(piece);
            Session.Consume(id, piece.Length, nowMs);
        }

        return all.ToArray();
    }
}

/// <summary>Two sessions joined by pipes that cut the bytes at random places.</summary>
internal sealed class YamuxPair(Limits? limits = null, ulong seed = 1)
{
    private readonly Chance _chance = new(seed);

    public YamuxSide Dialer { get; } = new(dialer: true, limits ?? Limits.Default);

    public YamuxSide Listener { get; } = new(dialer: false, limits ?? Limits.Default);

    public long NowMs { get; set; }

    /// <summary>Moves bytes until neither side has any left, then collects events.</summary>
    public void Settle()
    {
        bool moved;
        do
        {
            moved = Move(Dialer, Listener) | Move(Listener, Dialer);
        }
        while (moved);
        Dialer.TakeEvents();
        Listener.TakeEvents();
    }

    public bool Move(YamuxSide from, YamuxSide to)
    {
        var bytes = from.TakeOutput().AsSpan();
        var moved = !bytes.IsEmpty;
        while (!bytes.IsEmpty)
        {
            var take = Math.Min(bytes.Length, 1 + _chance.Below(_chance.Below(4) == 0 ? 70_000 : 40));
            to.Session.Receive(bytes[..take], NowMs);
            bytes = bytes[take..];
        }

        return moved;
    }
}
