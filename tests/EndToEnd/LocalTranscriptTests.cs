using System.Text.RegularExpressions;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>The local verbs on a store without a daemon.</summary>
public sealed partial class LocalTranscriptTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public static TheoryData<int> Sizes => [0, 1, 1024, 16383, 16384, 16385, 5 * 1024 * 1024];

    public void Dispose() => _home.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void WhatIsPutComesBackByFileAndByStandardStreams(int size)
    {
        var bytes = Sample.Bytes(size);
        var file = _home.Write("in.bin", bytes);
        var put = _home.Json("put", file, "--kind", "snapshot.vm", "--brane", "replay").Require(0);
        var cid = put.Object.Text("cid");
        Assert.Equal(size, put.Object.GetProperty("size").GetInt64());
        Assert.StartsWith("bafkr4", put.Object.GetProperty("cidv1").GetString(), StringComparison.Ordinal);
        Assert.Equal(cid, "b3:" + OmegaProgram.RunProgram("b3sum", ["--no-names", _home["in.bin"]]).Output.Trim());

        var got = _home.Run("get", cid, "-o", _home["out.bin"]).Require(0);
        Assert.Equal(bytes, File.ReadAllBytes(_home["out.bin"]));
        Assert.Equal(3, got.Lines.Count);
        Assert.Matches(BraneLine(), got.Lines[0]);
        Assert.Matches(SubstrateLine(), got.Lines[1]);
        Assert.Matches(WroteLine(), got.Lines[2]);

        var again = _home.Feed(bytes, "put", "-", "--kind", "snapshot.vm", "--brane", "replay", "--json").Require(0);
        Assert.Equal(cid, again.Object.Text("cid"));
        Assert.True(again.Object.GetProperty("already_there").GetBoolean());
        Assert.Equal(bytes, _home.Run("get", cid, "-o", "-").Require(0).Bytes);
        Assert.Single(_home.Json("ls").Require(0).Objects);
    }

    [Fact]
    public void NamesWithSpacesAndUnicodeWork()
    {
        var bytes = Sample.Bytes(2000);
        var cid = _home.Put(_home.Write("mein ω-Bild 雪 'x'.bin", bytes));
        _home.Run("get", cid, "-o", _home["aus gabe Ω.bin"]).Require(0);
        Assert.Equal(bytes, File.ReadAllBytes(_home["aus gabe Ω.bin"]));
    }

    [Fact]
    public void EverySpellingOfAnIdIsUnderstood()
    {
        var put = _home.Json("put", _home.Write("f", Sample.Bytes(100))).Require(0).Object;
        var cid = put.Text("cid");
        string[] spellings =
        [
            cid, cid[..9], "blake3:" + cid[3..], cid[3..], cid[3..9], put.GetProperty("cidv1").GetString()!,
            put.Text("key"),
        ];
        foreach (var spelling in spellings)
            Assert.Equal(cid, _home.Json("get", spelling).Require(0).Object.Text("cid"));
        Assert.Equal("not_found", _home.Json("get", "b3:" + new string('0', 64)).Require(5).Failure.Text("code"));
        _home.Json("get", "nonsense!").Require(2);
    }

    [Fact]
    public void AnAmbiguousPrefixNamesItsCandidates()
    {
        // Of 1,200 contents two share their first four digits; they are found before anything is stored.
        var found = TwoWithOnePrefix();
        foreach (var bytes in found.Contents) _home.Put(_home.Write("f", bytes));
        var refused = _home.Json("get", "b3:" + found.Prefix).Require(2).Failure;
        Assert.Equal("ambiguous", refused.Text("code"));
        Assert.Equal(2, refused.GetProperty("candidates").GetArrayLength());
    }

    [Fact]
    public void ListsFilterAndBothSpellingsAgree()
    {
        _home.Put(_home.Write("a", Sample.Bytes(10, 1)), "--kind", "snapshot.vm", "--brane", "replay");
        _home.Put(_home.Write("b", Sample.Bytes(10, 2)), "--kind", "cert.x509", "--brane", "replay");
        _home.Put(_home.Write("c", Sample.Bytes(10, 3)), "--kind", "snapshot.vm", "--brane", "other");
        Assert.Equal(3, _home.Json("ls").Objects.Count);
        Assert.Equal(2, _home.Json("ls", "--kind", "snapshot.vm").Objects.Count);
        var one = Assert.Single(_home.Json("ls", "--brane", "replay", "--kind", "snapshot.vm").Objects);
        Assert.Equal("local", one.Text("state"));
        Assert.Equal("internal", one.Text("visibility"));
        Assert.Equal("alice.personal", one.Text("domain"));
        var table = _home.Run("storage", "artifacts", "--brane", "replay", "--kind", "snapshot.vm").Require(0).Lines;
        Assert.Equal(2, table.Count);
        Assert.Equal(["cid", "kind", "size", "age"], table[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        _home.Run("storage", "get", one.Text("cid"), "-o", _home["out"]).Require(0);
        Assert.Equal(Sample.Bytes(10, 1), File.ReadAllBytes(_home["out"]));
    }

    [Fact]
    public void AnExistingFileIsKeptWithoutForce()
    {
        var cid = _home.Put(_home.Write("f", Sample.Bytes(100)));
        _home.Write("out", [1, 2, 3]);
        Assert.Equal("file_exists", _home.Json("get", cid, "-o", _home["out"]).Require(7).Failure.Text("code"));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_home["out"]));
        _home.Run("get", cid, "-o", _home["out"], "--force").Require(0);
        Assert.Equal(Sample.Bytes(100), File.ReadAllBytes(_home["out"]));
        Assert.DoesNotContain(Directory.GetFiles(_home.Folder), f => f.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public void InitIsIdempotentAndShowsTheRecoveryKeyOnce()
    {
        using var home = new TestHome("carol");
        var first = home.Json("init", "--name", "carol.personal").Require(0).Object;
        Assert.StartsWith("ed25519-seed:", first.Text("recovery_key"), StringComparison.Ordinal);
        var second = home.Json("init", "--name", "carol.personal").Require(0).Object;
        Assert.False(second.TryGetProperty("recovery_key", out _));
        Assert.Equal(first.Text("peer"), second.Text("peer"));
        Assert.Equal(first.Text("domain_id"), second.Text("domain_id"));
        home.Json("init", "--name", "other.name").Require(7);
        var secret = first.Text("recovery_key")[^64..];
        foreach (var file in Directory.GetFiles(home.Home, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(secret, File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void ExitCodesTellWhatIsMissing()
    {
        using var empty = new TestHome("nobody");
        Assert.Equal("no_store", empty.Json("ls").Require(10).Failure.Text("code"));
        _home.Json("put", _home["absent"]).Require(5);
        _home.Json("put").Require(2);
        _home.Json("put", _home.Write("f", [1]), "--kind", "No Tag").Require(2);
        _home.Json("peer", "invite").Require(8);
        var cid = _home.Put(_home["f"]);
        Assert.Equal(7, _home.Json("evict", cid).Exit);
        Assert.Equal("local", _home.StateOf(cid));
    }

    [Fact]
    public void ViewsMayBeDeletedAndStatusStaysTheSame()
    {
        for (uint i = 0; i < 5; i++) _home.Put(_home.Write("f", Sample.Bytes(1000, i + 1)), "--publish");
        var (listed, current) = (_home.Json("ls").Output, Current());
        var views = Path.Combine(_home.DomainFolder, "views");
        if (Directory.Exists(views)) Directory.Delete(views, recursive: true);
        Assert.Equal(listed, _home.Json("ls").Require(0).Output);
        Assert.Equal(current, Current());
        _home.Run("verify").Require(0);
    }

    [Fact]
    public void VerifyFindsAFlippedByteAndNamesTheArtifact()
    {
        var cid = _home.Put(_home.Write("f", Sample.Bytes(5 * 1024 * 1024)));
        _home.Run("verify").Require(0);
        var block = Directory.GetFiles(Path.Combine(_home.DomainFolder, "blocks", "sealed"), "*.blk",
            SearchOption.AllDirectories).OrderBy(f => new FileInfo(f).Length).Last();
        File.SetUnixFileMode(block, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (var stream = new FileStream(block, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Position = stream.Length / 2;
            var value = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(value ^ 0x10));
        }

        var found = _home.Json("verify").Require(4);
        var finding = Assert.Single(found.Object.GetProperty("findings").EnumerateArray());
        Assert.Contains(Path.GetFileNameWithoutExtension(block), finding.Text("name"), StringComparison.Ordinal);
        Assert.Contains(finding.GetProperty("artifacts").EnumerateArray(),
            a => a.GetString()!.Contains(cid[3..], StringComparison.Ordinal));
    }

    private string Current() => _home.Json("status").Require(0).Object.Text("current");

    private (string Prefix, byte[][] Contents) TwoWithOnePrefix()
    {
        var seen = new Dictionary<string, byte[]>();
        var names = new List<string>();
        for (uint i = 1; i <= 1200; i++)
        {
            var name = $"p{i}";
            _home.Write(name, Sample.Bytes(8, i));
            names.Add(_home[name]);
        }

        foreach (var line in OmegaProgram.Run(["hash", .. names]).Require(0).Lines)
        {
            var bytes = File.ReadAllBytes(line[66..]);
            if (!seen.TryAdd(line[..4], bytes)) return (line[..4], [seen[line[..4]], bytes]);
        }

        throw new InvalidOperationException("no two prefixes agree");
    }

    [GeneratedRegex(@"^  ✓ verified ed25519:[1-9A-HJ-NP-Za-km-z]{4} \(brane\.replay\)$")]
    private static partial Regex BraneLine();

    [GeneratedRegex(@"^  ✓ verified ed25519:[1-9A-HJ-NP-Za-km-z]{4} \(substrate\.[a-z0-9._-]+\)$")]
    private static partial Regex SubstrateLine();

    [GeneratedRegex(@"^  ✓ wrote [0-9.]+ (B|KiB|MiB) → .*out\.bin$")]
    private static partial Regex WroteLine();
}
