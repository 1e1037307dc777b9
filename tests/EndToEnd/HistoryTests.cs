using System.Text.Json;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Snapshots, the public log, proofs that need nothing but their file, and named audiences.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TestHome _alice = new TestHome("alice").Init();

    public void Dispose() => _alice.Dispose();

    [Fact]
    public void ThePastIsListedReadAndCompared()
    {
        var first = Put(1, "--publish");
        var second = Put(2, "--publish");
        _alice.Run("rm", first, "--yes").Require(0);
        _alice.Run("unpublish", second).Require(0);
        var secret = Put(3);
        _alice.Run("publish", secret).Require(0);

        var snapshots = _alice.Json("snapshot", "ls").Require(0).Objects;
        Assert.Equal(
            Enumerable.Range(1, snapshots.Count), snapshots.Select(s => s.GetProperty("snapshot").GetInt32()));
        var before = snapshots.Last(s => Listed(s).Contains(first));
        Assert.Superset(new HashSet<string> { first, second }, Listed(before).ToHashSet());
        Assert.DoesNotContain(first, Listed(snapshots[^1]));
        Assert.Contains(secret, Listed(snapshots[^1]));

        var number = Text(before);
        Assert.Equal(Sample.Bytes(1000, 1), _alice.Run("get", first, "--as-of", number, "-o", "-").Require(0).Bytes);
        Assert.Equal("not_found", _alice.Json("get", secret, "--as-of", number).Require(5).Failure.Text("code"));
        _alice.Json("ls", "--as-of", "999").Require(5);

        var changes = _alice.Json("snapshot", "diff", number, Text(snapshots[^1])).Require(0).Objects
            .Select(c => (c.Text("change"), c.Text("cid"))).ToHashSet();
        Assert.Equal(
            new HashSet<(string, string)>
            {
                ("removed", first), ("unpublished", first), ("unpublished", second), ("added", secret),
                ("published", secret),
            },
            changes);
        var shown = _alice.Run("snapshot", "show", number).Require(0).Lines;
        Assert.Equal(5 + before.GetProperty("published").GetArrayLength(), shown.Count);
        Assert.Contains(shown, l => l.EndsWith(" to peers", StringComparison.Ordinal));
        var kinds = _alice.Json("log", "show", "--limit", "1000").Require(0).Objects.Select(l => l.Text("kind"));
        Assert.Superset(
            new HashSet<string> { "publish", "unpublish", "dam", "epoch", "snapshot" }, kinds.ToHashSet());
    }

    [Fact]
    public void AProofIsCheckedWithNothingButItsFile()
    {
        var cid = Put(1, "--publish");
        Put(2, "--publish");
        var domain = _alice.Json("status").Require(0).Object.Text("domain_id");
        var file = _alice["snap.tlog-proof"];
        _alice.Run("log", "prove", cid, "-o", file).Require(0);
        Assert.StartsWith("c2sp.org/tlog-proof@v1\n", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(file), _alice.Run("log", "prove", cid).Require(0).Output);
        _alice.Json("log", "prove", Put(3)).Require(5);

        var said = Verify(file, "--domain", domain, "--with", _alice["f1"]).Require(0).Object;
        Assert.Equal((cid, domain, "domain"), (said.Text("cid"), said.Text("domain_id"), said.Text("rests_on")));
        var roles = said.GetProperty("signatures").EnumerateArray().Select(s => s.Text("role")).ToList();
        Assert.Equal("brane.personal", roles[0]);
        Assert.StartsWith("substrate.alice", roles[1], StringComparison.Ordinal);
        Assert.Equal("file", Verify(file).Require(0).Object.Text("rests_on"));
        Assert.Equal("key", Verify(file, "--key", said.Text("head_key")).Require(0).Object.Text("rests_on"));

        Assert.Equal("wrong_bytes", Verify(file, "--with", _alice["f2"]).Require(4).Failure.Text("code"));
        var other = "dom:" + new string('1', 64);
        Assert.Equal("other_domain", Verify(file, "--domain", other).Require(4).Failure.Text("code"));
        var lines = File.ReadAllLines(file);
        var path = Array.FindIndex(lines, l => l.StartsWith("index ", StringComparison.Ordinal)) + 1;
        lines[path] = Convert.ToBase64String(new byte[32]);
        File.WriteAllText(file, string.Join('\n', lines) + "\n");
        Assert.Equal("not_in_log", Verify(file).Require(4).Failure.Text("code"));
        Verify(_alice["absent"]).Require(5);
        Assert.Equal("bad_proof", Verify(_alice["f1"]).Require(4).Failure.Text("code"));
    }

    [Fact]
    public void ANamedAudienceAloneSeesWhatIsPublishedToIt()
    {
        using var bob = new TestHome("bob").Init();
        using var carol = new TestHome("carol").Init();
        _alice.Up();
        bob.Up();
        carol.Up();
        bob.Join(_alice);
        carol.Join(_alice);
        _alice.Json("put", _alice.Write("f", [1]), "--audience", "family").Require(5);
        var made = _alice.Json("audience", "add", "family", "bob.personal").Require(0).Object;
        Assert.Equal(bob.Ready.Text("peer"), Assert.Single(made.GetProperty("peers").EnumerateArray()).GetString());
        var cid = Put(1, "--audience", "family");
        var open = Put(2, "--publish");
        bob.AwaitListed(_alice.DomainId, cid);
        bob.Run("get", cid, "-o", bob["out"]).Require(0);
        Assert.Equal(Sample.Bytes(1000, 1), File.ReadAllBytes(bob["out"]));
        carol.AwaitListed(_alice.DomainId, open);
        Assert.Equal(open,
            Assert.Single(carol.Json("ls", "--domain", _alice.DomainId).Require(0).Objects).Text("cid"));

        // The same verbs through the daemon: history, a proof, and taking it back.
        var newest = _alice.Json("snapshot", "ls").Require(0).Objects[^1];
        _alice.Run("log", "prove", cid, "-o", _alice["proof"]).Require(0);
        Assert.Equal("family", Verify(_alice["proof"]).Require(0).Object.Text("audience"));
        Assert.Contains(cid, Listed(newest));
        _alice.Json("unpublish", cid).Require(0);
        TestHome.Until(() => bob.Json("ls", "--domain", _alice.DomainId),
            r => r.Exit == 0 && r.Objects.All(o => o.Text("cid") != cid));
        _alice.Json("audience", "rm", "family", "--yes").Require(0);
        Assert.Empty(_alice.Json("audience", "ls").Require(0).Objects);
    }

    private static string Text(JsonElement snapshot) => $"{snapshot.GetProperty("snapshot").GetInt32()}";

    /// <summary>On a machine that knows nothing: no home, no store.</summary>
    private Ended Verify(string file, params string[] options) => OmegaProgram.Run(
        ["log", "verify", file, .. options, "--json", "--home", _alice["nowhere"]], folder: _alice.Folder);

    private string Put(uint seed, params string[] options) =>
        _alice.Put(_alice.Write($"f{seed}", Sample.Bytes(1000, seed)), options);

    private IEnumerable<string> Listed(JsonElement snapshot) =>
        _alice.Json("ls", "--as-of", Text(snapshot)).Require(0).Objects.Select(o => o.Text("cid"));
}
