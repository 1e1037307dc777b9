namespace Omega.P2P.EndToEnd.Tests;

/// <summary>What `omega transfer ls` shows while bytes come, and what `get` says of it after.</summary>
public sealed class TransferTests
{
    [Fact]
    public void ATransferShowsPeerPathAddressRateAndWhatLimitsIt()
    {
        using var alice = new TestHome("alice").Init();
        File.AppendAllText(Path.Combine(alice.Home, "omega.toml"), "\n[limits]\nupload_bytes_per_s = 4000000\n");
        using var bob = new TestHome("bob").Init().Up();
        bob.Run("transfer", "ls").Require(0);
        Assert.Empty(bob.Json("transfer", "ls").Require(0).Objects);
        alice.Up();
        var cid = alice.Put(alice.Write("f", Sample.Bytes(12 << 20)), "--publish");
        bob.Join(alice);
        bob.AwaitListed(alice.DomainId, cid);
        using var getting = OmegaProgram.Spawn(OmegaProgram.Launcher, ["get", cid, "--home", bob.Home]);
        // Once it has been looked at a few times.
        var shown = TestHome.Until(
            () => bob.Json("transfer", "ls").Require(0),
            ls => ls.Objects is [var one] && one.GetProperty("holders")[0].GetProperty("limit").GetString() is not null)
            .Objects[0];
        Assert.Equal(cid, shown.GetProperty("cid").GetString());
        Assert.Equal("in", shown.GetProperty("direction").GetString());
        Assert.Equal(12 << 20, shown.GetProperty("bytes_wanted").GetInt64());
        Assert.InRange(shown.GetProperty("bytes").GetInt64(), 1, 12 << 20);
        var holder = Assert.Single(shown.GetProperty("holders").EnumerateArray());
        Assert.Equal("loopback", holder.GetProperty("path").GetString());
        Assert.StartsWith("/ip4/127.0.0.1/tcp/", holder.GetProperty("address").GetString());
        Assert.Equal("fetching", holder.GetProperty("state").GetString());
        Assert.Equal("peer", holder.GetProperty("limit").GetString());
        Assert.InRange(holder.GetProperty("bytes_per_second").GetInt64(), 1, 40_000_000);
        Assert.Contains("limited by", bob.Run("transfer", "ls").Require(0).Output);
        getting.WaitForExit();
        Assert.Equal(0, getting.ExitCode);
        Assert.Empty(bob.Json("transfer", "ls").Require(0).Objects);
    }

    [Fact]
    public void WithoutADaemonThereIsNothingToShow()
    {
        using var home = new TestHome("alice").Init();
        Assert.Equal("no_daemon", home.Json("transfer", "ls").Require(8).Failure.Text("code"));
    }

    [Fact]
    public void WhoDoesNotExistIsNotAskedAbout()
    {
        using var home = new TestHome("alice").Init().Up();
        // Without --yes and without a terminal a question would be refused with 2.
        home.Json("peer", "rm", "nobody").Require(5);
    }
}
