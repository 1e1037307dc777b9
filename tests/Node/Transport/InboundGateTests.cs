using System.Net;
using Omega.P2P.Node.Transport;

namespace Omega.P2P.Node.Tests.Transport;

public sealed class InboundGateTests
{
    private readonly InboundGate _gate = new();
    private long _nowMs = 1_000_000;

    [Fact]
    public void OldestOfASourceMakesRoomForItsNewest()
    {
        var entries = Enter("10.0.0.1", InboundGate.HalfOpenOfSourceMax + 3);
        Assert.Equal([true, true, true], entries.Take(3).Select(e => e.GivenUp.IsCancellationRequested));
        Assert.All(entries.Skip(3), e => Assert.False(e.GivenUp.IsCancellationRequested));
        Assert.Equal(InboundGate.HalfOpenOfSourceMax, _gate.Count);
        entries[^1].Leave();
        Assert.Equal(InboundGate.HalfOpenOfSourceMax - 1, _gate.Count);
    }

    [Fact]
    public void HalfOpenConnectionsOfAllSourcesAreBounded()
    {
        var entries = Enumerable.Range(0, 200).SelectMany(i => Enter($"10.0.{i}.1", 1)).ToList();
        Assert.Equal(InboundGate.HalfOpenMax, _gate.Count);
        Assert.Equal(200 - InboundGate.HalfOpenMax, entries.Count(e => e.GivenUp.IsCancellationRequested));
        Assert.False(entries[^1].GivenUp.IsCancellationRequested);
    }

    [Fact]
    public void SourceThatComesTooOftenIsTurnedAwayAndOthersAreNot()
    {
        Assert.Equal(InboundGate.Burst, Enter("10.0.0.1", 1000).Count);
        Assert.Single(Enter("10.0.0.2", 1));
        _nowMs += 1000;
        Assert.Equal(InboundGate.PerSecond, Enter("10.0.0.1", 1000).Count);
    }

    [Fact]
    public void AddressesOfOneIpv6NetworkAreOneSourceAndMappedOnesAreIpv4()
    {
        Assert.Equal(InboundGate.Burst, Enumerable.Range(0, 1000).Sum(i => Enter($"2001:db8:1:2::{i:x}", 1).Count));
        Assert.Single(Enter("2001:db8:1:3::1", 1));
        Enter("10.0.0.9", 1000);
        Assert.Empty(Enter("::ffff:10.0.0.9", 1));
    }

    [Fact]
    public void SourcesWithoutEndTakeNoMemoryWithoutEnd()
    {
        for (var i = 0; i < 20_000; i++)
        {
            _nowMs += 10;
            foreach (var entry in Enter($"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}", 1)) entry.Leave();
        }

        Assert.Equal(0, _gate.Count);
        Assert.InRange(_gate.SourcesKnown, 1, 4096);
    }

    private List<InboundGate.Entry> Enter(string from, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => _gate.TryEnter(IPAddress.Parse(from), _nowMs))
            .OfType<InboundGate.Entry>()];
}
