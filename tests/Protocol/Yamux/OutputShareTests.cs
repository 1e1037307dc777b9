using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Yamux;

/// <summary>What all sessions of a node may have waiting together.</summary>
public sealed class OutputShareTests
{
    [Fact]
    public void EachThatSendsHasItsPartAndNeverLessThanTheLeast()
    {
        var share = new OutputShare(bytes: 1000, bytesMin: 300);
        Assert.Equal(1000, share.Bytes);
        share.Enter();
        Assert.Equal(1000, share.Bytes);
        share.Enter();
        Assert.Equal(500, share.Bytes);
        for (var i = 0; i < 10; i++) share.Enter();
        Assert.Equal(300, share.Bytes);
        for (var i = 0; i < 11; i++) share.Leave();
        Assert.Equal(1000, share.Bytes);
    }

    [Fact]
    public void AWriterStopsAtItsShareAndGoesOnWhenTheOutputHasDrained()
    {
        var share = new OutputShare(bytes: 800_000, bytesMin: 100_000);
        for (var i = 0; i < 8; i++) share.Enter();
        using var output = new OutputQueue();
        var session = new YamuxSession(dialer: true, output, Limits.Default, share);
        session.TryOpen(out var id);
        Assert.InRange(session.Write(id, new byte[250_000]), 100_000, 100_000 + 65_536);
        while (output.Peek() is { Length: > 0 } piece) output.Consume(piece.Length);
        session.OnOutputDrained();
        Assert.True(session.TryTakeEvent(out var taken));
        Assert.Equal(new YamuxEvent(YamuxEventKind.Writable, id), taken);
    }
}
