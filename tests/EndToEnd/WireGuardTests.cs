namespace Omega.P2P.EndToEnd.Tests;

/// <summary>The two-node story over a tunnel, as it runs between people's machines.</summary>
public sealed class WireGuardTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A userspace tunnel carries about 50 MB a second: the cable is pulled well before the end.</summary>
    private static readonly long Size = (OmegaProgram.IsFull ? 1024L : 160L) * 1024 * 1024;

    [WireGuardFact]
    public async Task TransferOutlivesATunnelThatIsAwayForFiveSeconds()
    {
        using var tunnel = new WireGuardTunnel();
        using var alice = new TestHome("alice", tunnel.Left);
        using var bob = new TestHome("bob", tunnel.Right);
        alice.Init().Up("--listen", "/ip4/10.78.0.1/tcp/0");
        bob.Init().Up("--listen", "/ip4/10.78.0.2/tcp/0");
        var file = Sample.WriteFile(alice["over.bin"], Size);
        var cid = alice.Put(file, "--publish");
        bob.Join(alice);
        bob.AwaitListed(alice.DomainId, cid);

        var before = tunnel.Received;
        var transfer = Task.Run(() => bob.Json("get", cid, "-o", bob["over.bin"]));
        Assert.True(SpinWait.SpinUntil(() => tunnel.Received > before + Size / 8, Patience), "nothing arrives");
        tunnel.Cable(isUp: false);
        Assert.False(transfer.IsCompleted, "the transfer was over before the cable was pulled");
        await Task.Delay(TimeSpan.FromSeconds(5));
        tunnel.Cable(isUp: true);

        var got = (await transfer).Require(0).Object;
        Assert.Equal(Size, got.GetProperty("bytes").GetInt64());
        Assert.Equal(Sample.Sha256(file), Sample.Sha256(bob["over.bin"]));
    }
}
