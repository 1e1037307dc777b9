using System.Diagnostics;
using System.Text.Json;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>kill -9 at random moments while the store is at work on itself: each round something new is put and
/// something old removed, then the work is begun and killed. Nothing acknowledged is lost, and the next start works.
/// A hundred rounds of each with <c>OMEGA_FULL=1</c>.</summary>
public sealed class KillNineWorkTests : IDisposable
{
    private const int LargeEvery = 4;
    private const int KeptMax = 60;

    private static readonly int Rounds = OmegaProgram.IsFull ? 100 : 1;

    private readonly TestHome _home = new TestHome("bob").Init();
    private readonly List<Kept> _kept = [];
    private uint _chance = 4711;
    private uint _seed;

    public KillNineWorkTests() =>
        File.WriteAllText(Path.Combine(_home.Home, "omega.toml"), "[index]\nmemory = \"1 MiB\"\n");

    public static TheoryData<string> Works => ["put", "gc", "repack", "merge", "scrub", "reindex"];

    public void Dispose() => _home.Dispose();

    [Theory]
    [MemberData(nameof(Works))]
    public async Task NothingAcknowledgedIsLostByKillNineDuring(string work)
    {
        var took = TimeSpan.FromMilliseconds(700);
        var interrupted = 0;
        for (var round = 0; round <= Rounds; round++)
        {
            _home.Up();
            using var http = _home.Client();
            await AssertAllListedAsync(http);
            await ChangeAsync(http, work == "merge" ? 300 : 10);
            // The first time it is left alone: how long it takes says when to kill it.
            var moment = round == 0 ? Timeout.InfiniteTimeSpan : took * 1.2 * Below(1000) / 1000;
            var clock = Stopwatch.StartNew();
            if (!await IsDoneAsync(http, work, moment)) interrupted++;
            if (round == 0) took = clock.Elapsed;
            _home.Kill();
        }

        await AssertAllReadBackAsync();
        _home.Run("verify").Require(0);
        if (OmegaProgram.IsFull)
            Assert.True(interrupted > Rounds / 4, $"only {interrupted} kills hit {work} under way");
    }

    /// <summary>Does the work and kills whoever does it after a while; false where it did not come to its
    /// end.</summary>
    private async Task<bool> IsDoneAsync(HttpClient http, string work, TimeSpan moment)
    {
        switch (work)
        {
            case "scrub" or "reindex":
                _home.Kill();
                return IsDone(work == "scrub" ? ["scrub", "start"] : ["reindex"], moment);
            case "merge":
                // The daemon merges by itself, now and then.
                await AwaitMergeAsync();
                await Task.Delay(Below(15));
                _home.Kill();
                return !IsSegmentUnnamed();
            case "put":
                return await IsAnsweredAsync(() => PutAsync(http, 16, size: 100_000), moment);
            default:
                var path = work == "gc" ? "/gc/run?grace_ms=0&trust_clock=true" : "/repack?percent=100";
                return await IsAnsweredAsync(() => PostAsync(http, path, []), moment);
        }
    }

    private async Task AwaitMergeAsync()
    {
        var clock = Stopwatch.StartNew();
        while (!IsSegmentUnnamed() && clock.Elapsed < TimeSpan.FromSeconds(2)) await Task.Delay(1);
    }

    /// <summary>Whether the newest segment of the index is newer than the list of those that count.</summary>
    private bool IsSegmentUnnamed()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_home.DomainFolder, "index"));
        var listed = folder.GetFiles().Select(file => file.LastWriteTimeUtc).DefaultIfEmpty().Max();
        return folder.GetFiles("*.idx", SearchOption.AllDirectories).Any(file => file.LastWriteTimeUtc > listed);
    }

    private async Task<bool> IsAnsweredAsync(Func<Task> request, TimeSpan moment)
    {
        var killing = moment < TimeSpan.Zero
            ? Task.CompletedTask
            : Task.Delay(moment).ContinueWith(_ => _home.Kill(), TaskScheduler.Default);
        try
        {
            await request();
            await killing;
            return true;
        }
        catch (Exception e) when (moment >= TimeSpan.Zero && e is HttpRequestException or IOException)
        {
            await killing;
            return false;
        }
    }

    private bool IsDone(string[] arguments, TimeSpan moment)
    {
        using var process = OmegaProgram.Spawn(OmegaProgram.Launcher, [.. arguments, "--home", _home.Home]);
        if (process.WaitForExit(moment))
        {
            Assert.True(process.ExitCode == 0, process.StandardError.ReadToEnd());
            return true;
        }

        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return false;
    }

    /// <summary>Puts some, and removes the oldest where there are many.</summary>
    private async Task ChangeAsync(HttpClient http, int count)
    {
        await PutAsync(http, count, size: 3000);
        var removed = _kept.Take(Math.Max(0, _kept.Count - KeptMax)).ToList();
        foreach (var some in removed.Chunk(50))
            await PostAsync(http, $"/remove?{string.Join('&', some.Select(kept => $"id={kept.Cid}"))}", []);
        _kept.RemoveAll(removed.Contains);
    }

    private async Task PutAsync(HttpClient http, int count, int size)
    {
        var seeds = Enumerable.Range(0, count).Select(_ => ++_seed).ToList();
        await Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (seed, _) =>
        {
            var bytes = seed % LargeEvery == 0 ? size * 20 : size;
            var answer = await PostAsync(http, "/artifacts", Sample.Bytes(bytes, seed));
            lock (_kept) _kept.Add(new Kept(answer.Text("cid"), seed, bytes));
        });
    }

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        using var response = await http.PostAsync(path, content);
        var line = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, line);
        return JsonDocument.Parse(line.Split('\n')[0]).RootElement;
    }

    private async Task AssertAllListedAsync(HttpClient http)
    {
        var lines = (await http.GetStringAsync("/artifacts")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var states = lines.Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(one => one.Text("cid"), one => one.Text("state"));
        foreach (var kept in _kept)
            Assert.Equal("local", states.GetValueOrDefault(kept.Cid, $"{kept.Cid} is gone"));
    }

    private async Task AssertAllReadBackAsync()
    {
        _home.Up();
        using var http = _home.Client();
        await AssertAllListedAsync(http);
        foreach (var kept in _kept)
            Assert.Equal(Sample.Bytes(kept.Size, kept.Seed), await http.GetByteArrayAsync($"/contents/{kept.Cid}"));
    }

    private int Below(int bound)
    {
        _chance = _chance * 1664525 + 1013904223;
        return (int)(_chance >> 16) % bound;
    }

    private sealed record Kept(string Cid, uint Seed, int Size);
}
