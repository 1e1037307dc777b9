using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>What an acknowledgement is worth: kill -9, the order of syncs, many small puts.</summary>
public sealed partial class DurabilityTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task AfterKillNineEveryAcknowledgedArtifactReadsBackWhole()
    {
        var rounds = OmegaProgram.IsFull ? 200 : 20;
        var acknowledged = new List<(string Cid, uint Seed, int Size)>();
        var chance = 12345u;
        uint seed = 0;
        for (var round = 0; round < rounds; round++)
        {
            _home.Up();
            chance = chance * 1664525 + 1013904223;
            var killing = Task.Delay((int)(chance >> 16) % 300).ContinueWith(_ => _home.Kill(), TaskScheduler.Default);
            using var http = Client();
            while (true)
            {
                var size = ++seed % 5 == 0 ? 700_000 : 3000;
                try
                {
                    using var body = new ByteArrayContent(Sample.Bytes(size, seed));
                    using var response = await http.PostAsync("/artifacts", body);
                    var line = await response.Content.ReadAsStringAsync();
                    Assert.True(response.IsSuccessStatusCode, line);
                    acknowledged.Add((JsonDocument.Parse(line).RootElement.Text("cid"), seed, size));
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    break; // killed
                }
            }

            await killing;
        }

        Assert.NotEmpty(acknowledged);
        var opening = System.Diagnostics.Stopwatch.StartNew();
        var listed = _home.Json("ls").Require(0).Objects;
        Assert.True(opening.Elapsed.TotalSeconds < 5, $"opening took {opening.Elapsed}");
        foreach (var (cid, _, _) in acknowledged)
            Assert.Equal("local", listed.Single(o => o.Text("cid") == cid).Text("state"));
        _home.Up();
        using var reader = Client();
        foreach (var (cid, at, size) in acknowledged)
            Assert.Equal(Sample.Bytes(size, at), await reader.GetByteArrayAsync($"/contents/{cid}"));
        _home.Run("verify").Require(0);
    }

    [Fact]
    public async Task AThousandSmallPutsLeaveFewBlockFiles()
    {
        _home.Up();
        using var http = Client();
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

    [Fact]
    public void DataFolderAndLogAreSyncedBeforeTheAcknowledgement()
    {
        var input = _home.Write("f", Sample.Bytes(3 * 1024 * 1024));
        var trace = _home["trace"];
        var program = Path.Combine(File.ReadLines(Path.Combine(OmegaProgram.Root, ".build", "stamp")).First(), "omega");
        var ended = OmegaProgram.RunProgram("strace",
        [
            "-f", "-y", "-s", "200", "-o", trace,
            "-e", "trace=fsync,fdatasync,renameat2,rename,renameat,link,linkat,write,pwrite64",
            program, "put", input, "--json", "--home", _home.Home,
        ], environment: new Dictionary<string, string?> { ["DOTNET_ROOT"] = DotnetRoot() });
        var cid = ended.Require(0).Object.Text("cid");
        var calls = File.ReadAllLines(trace);
        var acknowledged = Array.FindIndex(calls, l => l.Contains(" write(", StringComparison.Ordinal) &&
            l.Contains($"{{\\\"cid\\\":\\\"{cid}", StringComparison.Ordinal));
        Assert.True(acknowledged > 0, "the acknowledgement is not in the trace");
        var renamed = Array.FindLastIndex(calls, acknowledged, l => BlockRename().IsMatch(l));
        Assert.True(renamed > 0, "no block was renamed into place");
        var data = Array.FindLastIndex(calls, renamed, l => Synced(l, "/blocks/open/"));
        var folder = Array.FindIndex(calls, renamed, l => Synced(l, "/blocks/sealed"));
        var log = Array.FindLastIndex(calls, acknowledged, l => Synced(l, "/log/"));
        Assert.True(data >= 0 && data < renamed, "the block's bytes are not synced before it gets its name");
        Assert.True(folder > renamed && folder < log, "the folder is not synced between the rename and the log");
        Assert.True(log > folder && log < acknowledged, "the log is not synced before the acknowledgement");
    }

    private static bool Synced(string line, string path) =>
        SyncCall().IsMatch(line) && line.Contains(path, StringComparison.Ordinal);

    private static string DotnetRoot() =>
        File.ReadLines(Path.Combine(OmegaProgram.Root, ".build", "stamp")).Skip(1).First();

    private HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = new Uri(_home.Ready.Text("control")) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer",
            File.ReadAllText(Path.Combine(_home.Home, "control.token")));
        return http;
    }

    [GeneratedRegex(@"(rename|renameat|renameat2|linkat?)\(.*/blocks/open/.*\.blk")]
    private static partial Regex BlockRename();

    [GeneratedRegex(@"\bf(data)?sync\(")]
    private static partial Regex SyncCall();
}
