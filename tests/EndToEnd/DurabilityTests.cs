using System.Text;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>What an acknowledgement is worth: the order of syncs, many small puts.</summary>
public sealed class DurabilityTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task AThousandSmallPutsLeaveFewBlockFiles()
    {
        _home.Up();
        using var http = _home.Client();
        for (uint i = 1; i <= 1000; i++)
        {
            using var response = await http.PostAsync("/artifacts", new ByteArrayContent(Sample.Bytes(1024, i)));
            response.EnsureSuccessStatusCode();
        }

        await Task.Delay(TimeSpan.FromSeconds(5));
        var folder = Path.Combine(_home.DomainFolder, "blocks");
        var blocks = Directory.GetFiles(folder, "*.blk", SearchOption.AllDirectories);
        Assert.True(blocks.Length <= 16, $"{blocks.Length} block files");
        Assert.Equal(1000, _home.Json("ls").Require(0).Objects.Count);
    }

    /// <summary>The first publication touches every kind of file: keys, block, log, snapshot, head, mesh documents.
    /// </summary>
    [Fact]
    public void EverySyncBeforeTheAcknowledgementIsThereAndNoneCouldBeLeftOut()
    {
        var trace = Trace("put", _home.Write("f", Sample.Bytes(3 * 1024 * 1024)), "--publish");
        AssertEverySyncIsNeeded(trace);
        Assert.Contains(trace.Synced, p => p.Contains("/blocks/open/", StringComparison.Ordinal));
        Assert.Contains(trace.Synced, p => p.Contains("/blocks/sealed/", StringComparison.Ordinal));
        Assert.Contains(trace.Synced, p => p.Contains("/log/", StringComparison.Ordinal));
        Assert.Contains(trace.Synced, p => p.Contains("/public/", StringComparison.Ordinal));
    }

    /// <summary>The whole is hashed once, on its way to the file; which part is wrong is then looked for.</summary>
    [Fact]
    public void RottenBytesMakeNoFileAndAreNamed()
    {
        var cid = _home.Put(_home.Write("f", Sample.Bytes(3 * 1024 * 1024)));
        var block = Directory.GetFiles(Path.Combine(_home.DomainFolder, "blocks"), "*.blk", SearchOption.AllDirectories)
            .MaxBy(path => new FileInfo(path).Length)!;
        using (var file = File.OpenHandle(block, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, [1, 2, 3], 1_000_000);
        var failure = _home.Json("get", cid, "-o", _home["out"]).Require(4).Failure;
        Assert.Equal("damaged", failure.Text("code"));
        Assert.Contains("chunk", failure.Text("message"), StringComparison.Ordinal);
        Assert.False(File.Exists(_home["out"]));
    }

    [Fact]
    public void SmallPutsAreDurableByOneSyncOfTheLog()
    {
        _home.Put(_home.Write("first", Sample.Bytes(100, 1)));
        var trace = Trace("put", _home.Write("f", Sample.Bytes(1000, 2)));
        AssertEverySyncIsNeeded(trace);
        Assert.Contains("/log/", Assert.Single(trace.Synced), StringComparison.Ordinal);
    }

    [Fact]
    public void TraceWithTheRenameBeforeTheSyncOfItsBytesIsRefused()
    {
        // The checker itself: a program that did it in the wrong order.
        var lines = """
            7 pwrite64(3</h/blocks/open/a.tmp>, "x", 1, 0) = 1
            7 renameat2(AT_FDCWD</h>, "/h/blocks/open/a.tmp", AT_FDCWD</h>, "/h/blocks/sealed/a.blk", 1) = 0
            7 fdatasync(3</h/blocks/sealed/a.blk>) = 0
            7 fsync(4</h/blocks/sealed>) = 0
            7 write(1</out>, "{\"cid\":\"b3:00", 13) = 13
            """.Split('\n');
        Assert.Contains("before", SyncTrace.Parse(lines, "/h", "{\"cid\":").Fault(), StringComparison.Ordinal);
        (lines[1], lines[2]) = ("7 fdatasync(3</h/blocks/open/a.tmp>) = 0", lines[1]);
        Assert.Null(SyncTrace.Parse(lines, "/h", "{\"cid\":").Fault());
    }

    private static void AssertEverySyncIsNeeded(SyncTrace trace)
    {
        Assert.Null(trace.Fault());
        Assert.NotEmpty(trace.Synced);
        var idle = new StringBuilder();
        for (var i = 0; i < trace.Synced.Count; i++)
        {
            if (trace.WithoutSync(i).Fault() is null) idle.AppendLine(trace.Synced[i]);
        }

        Assert.True(idle.Length == 0, $"nothing fails without the sync of\n{idle}");
    }

    private SyncTrace Trace(params string[] arguments)
    {
        var trace = _home["trace"];
        var stamp = File.ReadAllLines(Path.Combine(OmegaProgram.Root, ".build", "stamp"));
        var ended = OmegaProgram.RunProgram("strace",
        [
            "-f", "-y", "-s", "300", "-o", trace, "-e", SyncTrace.Calls,
            Path.Combine(stamp[0], "omega"), .. arguments, "--json", "--home", _home.Home,
        ], environment: new Dictionary<string, string?> { ["DOTNET_ROOT"] = stamp[1] });
        var cid = ended.Require(0).Object.Text("cid");
        return SyncTrace.Parse(File.ReadAllLines(trace), _home.Home, $"{{\"cid\":\"{cid}");
    }
}
