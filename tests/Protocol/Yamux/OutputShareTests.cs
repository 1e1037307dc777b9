using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Yamux;

/// <summary>What all sessions of a node may have waiting together.</summary>
public sealed class OutputShareTests
{
    [Fact]
    public void WhileThereIsRoomNobodyIsHeldAndOverItEachHasALittle()
    {
        var share = new OutputShare(bytesMax: 1000, bytesOfEach: 300);
        share.Add(999);
        Assert.Equal(int.MaxValue, share.Bytes);
        share.Add(1);
        Assert.Equal(300, share.Bytes);
        share.Add(-1000);
        Assert.Equal(int.MaxValue, share.Bytes);
    }

    [Fact]
    public void AWriterStopsAtItsShareAndGoesOnWhenTheOutputHasDrained()
    {
        var share = new OutputShare(bytesMax: 800_000, bytesOfEach: 100_000);
        share.Add(800_000); // of others
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
