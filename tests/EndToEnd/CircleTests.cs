namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Two nodes that trust each other, started once for all sizes.</summary>
public sealed class MeetingFixture : IDisposable
{
    public MeetingFixture()
    {
        Alice.Init().Up();
        Bob.Init().Up();
        Bob.Join(Alice);
    }

    internal TestHome Alice { get; } = new("alice");

    internal TestHome Bob { get; } = new("bob");

    public void Dispose()
    {
        Alice.Dispose();
        Bob.Dispose();
    }
}

/// <summary>The whole circle: put and publish, follow, fetch, evict, bring back.</summary>
public sealed class CircleTests(MeetingFixture meeting) : IClassFixture<MeetingFixture>
{
    private readonly TestHome _alice = meeting.Alice;
    private readonly TestHome _bob = meeting.Bob;

    public static TheoryData<long> Sizes
    {
        get
        {
            TheoryData<long> sizes = [0, 1, 1024, 16383, 16384, 16385, 5 * 1024 * 1024];
            if (OmegaProgram.IsFull) sizes.Add(1024 * 1024 * 1024);
            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void TheFullCircleGivesTheSameBytes(long size)
    {
        var file = Sample.WriteFile(_alice[$"snäp {size} ω.bin"], size);
        var sum = Sample.Sha256(file);
        var cid = _alice.Put(file, "--kind", "snapshot.vm", "--brane", "replay", "--publish");
        _bob.AwaitListed(_alice.DomainId, cid);
        var there = _bob[$"{size}.bin"];
        var got = _bob.Run("get", cid[..11], "-o", there).Require(0);
        Assert.Equal(sum, Sample.Sha256(there));
        Assert.Equal(3, got.Lines.Count);
        Assert.EndsWith("(brane.replay)", got.Lines[0], StringComparison.Ordinal);
        Assert.Contains("(substrate.alice", got.Lines[1], StringComparison.Ordinal);

        if (size == 0) return; // nothing to evict
        _alice.Run("evict", cid).Require(0);
        Assert.Equal("evicted", _alice.StateOf(cid));
        var again = _alice[$"again {size}.bin"];
        _alice.Run("get", cid, "-o", again).Require(0);
        Assert.Equal(sum, Sample.Sha256(again));
        Assert.Equal("local", _alice.StateOf(cid));
        _alice.Run("verify").Require(0);
        _bob.Run("verify").Require(0);
    }
}

/// <summary>What only one process can have: the store's lock, a port.</summary>
public sealed class LockTests : IDisposable
{
    private readonly TestHome _alice = new TestHome("alice").Init().Up();

    public void Dispose() => _alice.Dispose();

    [Fact]
    public void ASecondDaemonFindsTheStoreLocked()
    {
        var second = OmegaProgram.Run(["up", "--json", "--home", _alice.Home, "--listen", "/ip4/127.0.0.1/tcp/0"]);
        Assert.Equal("locked", second.Require(11).Failure.Text("code"));
    }

    [Fact]
    public void APortThatWasAskedForAndIsTakenIsAnError()
    {
        var control = new Uri(_alice.Ready.Text("control")).Authority;
        using var bob = new TestHome("bob");
        bob.Init();
        var second = OmegaProgram.Run(
        [
            "up", "--json", "--home", bob.Home, "--listen", "/ip4/127.0.0.1/tcp/0", "--no-discovery",
            "--control", control,
        ]);
        Assert.Equal("port_taken", second.Require(1).Failure.Text("code"));
        Assert.Equal("--control", second.Failure.Text("field"));
    }
}
