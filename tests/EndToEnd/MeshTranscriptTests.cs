using System.Net;
using System.Net.Http.Headers;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Stories of two nodes and more, and those who are not let in.</summary>
public sealed class MeshTranscriptTests : IDisposable
{
    private readonly TestHome _alice = new("alice");
    private readonly TestHome _bob = new("bob");

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
    }

    [Fact]
    public void WithEveryHolderAwayGetEndsWithSixAndLaterSucceeds()
    {
        _alice.Init().Up();
        var bytes = Sample.Bytes(3 * 1024 * 1024);
        var cid = _alice.Put(_alice.Write("f", bytes), "--publish");
        Meet();
        _bob.AwaitListed(_alice.DomainId, cid);
        _bob.Run("get", cid).Require(0);
        var before = BytesUnder(Path.Combine(_alice.DomainFolder, "blocks"));
        _alice.Run("evict", cid).Require(0);
        var freed = before - BytesUnder(Path.Combine(_alice.DomainFolder, "blocks"));
        Assert.True(freed >= bytes.Length, $"only {freed} bytes were freed");
        Assert.Equal(0, _bob.Stop());
        Assert.Equal("not_available", _alice.Json("get", cid).Require(6).Failure.Text("code"));
        _bob.Up();
        TestHome.Until(() => _alice.Run("get", cid, "-o", _alice["back"]), r => r.Exit == 0);
        Assert.Equal(bytes, File.ReadAllBytes(_alice["back"]));
    }

    [Fact]
    public void ATicketServesOneGuestAndAStrangerGetsNothing()
    {
        using var stranger = new TestHome("mallory");
        _alice.Init().Up();
        var cid = _alice.Put(_alice.Write("f", Sample.Bytes(50_000)), "--publish");
        var ticket = Meet();
        stranger.Init().Up();
        Assert.Equal("refused", stranger.Json("peer", "add", ticket).Require(7).Failure.Text("code"));
        stranger.Json("get", cid).Require(5);
        Assert.Single(_alice.Json("peer", "ls").Require(0).Objects);
        Assert.Empty(stranger.Json("peer", "ls").Require(0).Objects);
        // A typo is found by the check digits, before anybody is asked.
        var mistyped = ticket[..^1] + (ticket[^1] == 'a' ? 'b' : 'a');
        stranger.Json("peer", "add", mistyped).Require(2);
    }

    [Fact]
    public void WhatIsNotPublishedStaysHome()
    {
        _alice.Init().Up();
        var open = _alice.Put(_alice.Write("f", Sample.Bytes(1000, 1)), "--publish");
        var secret = _alice.Put(_alice.Write("g", Sample.Bytes(1000, 2)));
        Meet();
        _bob.AwaitListed(_alice.DomainId, open);
        Assert.DoesNotContain(_bob.Json("ls", "--domain", _alice.DomainId).Objects,
            o => o.Text("cid") == secret);
        _bob.Json("get", secret).Require(5);
    }

    [Fact]
    public void TwoDomainsOfOneNameLiveSideBySide()
    {
        using var other = new TestHome("alice");
        _alice.Init().Up();
        other.Init().Up();
        var first = _alice.Put(_alice.Write("f", Sample.Bytes(1000, 1)), "--publish");
        var second = other.Put(other.Write("f", Sample.Bytes(1000, 2)), "--publish");
        Meet();
        _bob.Join(other);
        _bob.AwaitListed(_alice.DomainId, first);
        _bob.AwaitListed(other.DomainId, second);
        var refused = _bob.Json("ls", "--domain", "alice.personal").Require(2).Failure;
        Assert.Equal(2, refused.GetProperty("candidates").GetArrayLength());
        Assert.Equal(first, Assert.Single(_bob.Json("ls", "--domain", _alice.DomainId).Objects).Text("cid"));
    }

    [Fact]
    public void ACopyPutBackIsFoundRolledBackAndANewEpochMendsIt()
    {
        _alice.Init().Up();
        _alice.Put(_alice.Write("f", Sample.Bytes(1000, 1)), "--publish");
        Meet();
        _alice.Stop();
        OmegaProgram.RunProgram("cp", ["-a", _alice.Home, _alice["copy"]]).Require(0);
        _alice.Up();
        var lost = _alice.Put(_alice.Write("f", Sample.Bytes(1000, 2)), "--publish");
        _bob.AwaitListed(_alice.DomainId, lost);
        _alice.Stop();
        Directory.Delete(_alice.Home, recursive: true);
        Directory.Move(_alice["copy"], _alice.Home);

        _alice.Up();
        TestHome.Until(() => State(_alice), s => s == "rolled-back");
        Assert.Single(_alice.Json("ls").Require(0).Objects);
        Assert.Equal("read_only", _alice.Json("put", _alice["f"], "--publish").Require(7).Failure.Text("code"));
        _alice.Run("domain", "epoch").Require(2);
        _alice.Run("domain", "epoch", "--yes").Require(0);
        Assert.Equal("ok", State(_alice));
        var after = _alice.Put(_alice.Write("f", Sample.Bytes(1000, 3)), "--publish");
        _bob.AwaitListed(_alice.DomainId, after);
    }

    [Fact]
    public async Task TheControlApiOnTheNetworkWantsItsToken()
    {
        _alice.Init().Up();
        using var http = new HttpClient { BaseAddress = new Uri(_alice.Ready.Text("control")) };
        foreach (var probe in (string[])["/livez", "/readyz", "/startupz"])
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(probe)).StatusCode);
        foreach (var path in (string[])["/status", "/artifacts", "/peers", "/contents/b3:00"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(path)).StatusCode);
        var uninvited = await http.PostAsync("/artifacts", new StringContent("x"));
        Assert.Equal(HttpStatusCode.Unauthorized, uninvited.StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "0000");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/status")).StatusCode);
        var token = File.ReadAllText(Path.Combine(_alice.Home, "control.token"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(_alice.Home, "control.token")));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/status")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/nothing")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/contents/nonsense")).StatusCode);
        Assert.Empty(_alice.Json("ls").Require(0).Objects);
    }

    private static string State(TestHome home) =>
        home.Json("status").Require(0).Object.Text("state");

    private static long BytesUnder(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    private string Meet()
    {
        _bob.Init().Up();
        return _bob.Join(_alice);
    }
}
