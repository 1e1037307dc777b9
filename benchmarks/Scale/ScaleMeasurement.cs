using System.Diagnostics;
using System.Globalization;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;
using Omega.P2P.Storage.Tests;

namespace Omega.P2P.Benchmarks.Scale;

/// <summary>
/// <c>scale write HOME COUNT</c> makes a home (see <see cref="GeneratedHome"/>);
/// <c>scale read|change|load|rebuild|verify HOME COUNT</c> each print one JSON line about it. Memory is what is
/// anonymous (RssAnon) above what the process takes after the same work on a small home.
/// </summary>
internal static class ScaleMeasurement
{
    private const int Gets = 20_000;
    private const int WarmCount = 3_000;

    public static int Run(string[] args)
    {
        if (args is not [var what, var root, var text] || !long.TryParse(text, out var count))
        {
            Console.Error.WriteLine("scale write|read|change|load|rebuild|verify HOME COUNT");
            return 2;
        }

        Action<GeneratedHome, long>? run = what switch
        {
            "write" => (home, n) => home.Write(n, Console.Error.WriteLine),
            "read" => Read,
            "change" => Change,
            "load" => WriterLatency.Run,
            "rebuild" => Rebuild,
            "verify" => Verify,
            _ => null,
        };
        if (run is null) return 2;
        using var home = GeneratedHome.Open(Path.GetFullPath(root));
        run(home, count);
        return 0;
    }

    /// <summary>Prints figures as one JSON object.</summary>
    internal static void Print(params (string Name, object Value)[] figures) => Console.WriteLine(
        "{" + string.Join(",", figures.Select(figure => figure.Value is string text
            ? $"\"{figure.Name}\":\"{text}\""
            : string.Create(CultureInfo.InvariantCulture, $"\"{figure.Name}\":{figure.Value:0.####}"))) + "}");

    /// <summary>Opening, the first page of a list, random gets by key.</summary>
    private static void Read(GeneratedHome home, long count)
    {
        Warm(static (store, files) => Look(store, files, WarmCount));
        using var memory = MemoryPeak.Begin();
        var clock = Stopwatch.StartNew();
        using var store = home.OpenStore(out var report);
        var openSeconds = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var listed = store.List(ArtifactFilter.All).Take(100).Count();
        var listSeconds = clock.Elapsed.TotalSeconds;
        var look = Look(store, home.Files, count);
        Print(
            ("artifacts", count), ("open_seconds", openSeconds), ("replayed", report.RecordsReplayed),
            ("list_seconds", listSeconds), ("listed", listed), ("get_median_us", look.Median), ("get_p99_us", look.P99),
            ("index_pages_median", look.PagesMedian), ("index_pages_p99", look.PagesP99),
            ("index_pages_max", look.PagesMax), ("map_pages_per_get", look.MapPages), ("reads_per_get", look.Reads),
            ("segments", store.IndexStats.Segments), ("memory_above_idle", memory.AboveIdle()),
            ("current", store.Current.ToString()));
    }

    /// <summary>A snapshot after one publication, a plan after one removal; both after others like them, so that what
    /// the generator left is settled.</summary>
    private static void Change(GeneratedHome home, long count)
    {
        Warm(static (store, files) => ChangeOne(store, files, 11, 1));
        using var memory = MemoryPeak.Begin();
        using var store = home.OpenStore(out _);
        ChangeOne(store, home.Files, 21, 1);
        var snapshots = new List<double>();
        var plans = new List<double>();
        var (snapshotReads, planReads) = (0L, 0L);
        for (var i = 0; i < 5; i++)
        {
            var change = ChangeOne(store, home.Files, count / 2 / 10 * 10 + 1 + i * 20, 2 + i);
            snapshots.Add(change.SnapshotSeconds);
            plans.Add(change.PlanSeconds);
            (snapshotReads, planReads) = (change.SnapshotReads, change.PlanReads);
        }

        Print(
            ("artifacts", count), ("snapshot_seconds", Median(snapshots)), ("snapshot_reads", snapshotReads),
            ("plan_seconds", Median(plans)), ("plan_reads", planReads), ("memory_above_idle", memory.AboveIdle()));
    }

    private static void Rebuild(GeneratedHome home, long count)
    {
        string before;
        using (var store = home.OpenStore(out _)) before = store.Current.ToString();
        Warm(static (_, _) => { });
        DomainStore.DropViews(home.Files);
        using var memory = MemoryPeak.Begin();
        var clock = Stopwatch.StartNew();
        using (var store = home.OpenStore(out var report))
        {
            var seconds = clock.Elapsed.TotalSeconds;
            clock.Restart();
            while (store.Maintain(GeneratedHome.Now(1_000_000_000)))
            {
            }

            Print(
                ("artifacts", count), ("rebuild_seconds", seconds), ("replayed", report.RecordsReplayed),
                ("settle_seconds", clock.Elapsed.TotalSeconds), ("memory_above_idle", memory.AboveIdle()),
                ("current", store.Current.ToString()), ("current_before", before));
        }
    }

    private static void Verify(GeneratedHome home, long count)
    {
        Warm(static (store, _) => store.Verify(VerifyDepth.Bytes, null).ToList().TrimExcess());
        using var store = home.OpenStore(out _);
        using var memory = MemoryPeak.Begin();
        var clock = Stopwatch.StartNew();
        var findings = store.Verify(VerifyDepth.Bytes, null).Count();
        Print(
            ("artifacts", count), ("verify_seconds", clock.Elapsed.TotalSeconds), ("findings", findings),
            ("memory_above_idle", memory.AboveIdle()));
    }

    private static Changed ChangeOne(DomainStore store, CountingFiles files, long number, long second)
    {
        var now = GeneratedHome.Now(1_000_000_000 + second * 1000);
        var reads = files.Reads;
        store.Publish(GeneratedHome.DescriptorOf(number).Key, GeneratedHome.Audience, now);
        var clock = Stopwatch.StartNew();
        store.TakeSnapshot(now);
        var snapshotSeconds = clock.Elapsed.TotalSeconds;
        var snapshotReads = files.Reads - reads;
        store.Remove([GeneratedHome.DescriptorOf(number + 1).Key], null, now);
        reads = files.Reads;
        clock.Restart();
        store.PlanCollection(new CollectionOptions { TrustsClock = true }, now);
        return new Changed(snapshotSeconds, snapshotReads, clock.Elapsed.TotalSeconds, files.Reads - reads);
    }

    /// <summary>Random gets by key, entry and bytes: the first half warms the fences, the second counts.</summary>
    private static Looked Look(DomainStore store, CountingFiles files, long count)
    {
        var times = new List<double>();
        var pages = new List<long>();
        var bytes = new byte[GeneratedHome.ContentSize];
        var state = 88172645463325252UL;
        var (readsBefore, mapsBefore) = (0L, 0L);
        for (var i = 0; i < 2 * Gets; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            var key = GeneratedHome.DescriptorOf((long)(state % (ulong)count)).Key;
            var before = store.IndexStats;
            if (i == Gets) (readsBefore, mapsBefore) = (files.Reads, before.MapPageReads);
            var begin = Stopwatch.GetTimestamp();
            if (!store.TryGet(key, out var info)) throw new InvalidOperationException($"{key} is not there");
            using (var reader = store.OpenContent(info!)) reader.ReadAt(0, bytes);
            if (i < Gets) continue;
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            pages.Add(store.IndexStats.DataPageReads - before.DataPageReads);
        }

        times.Sort();
        pages.Sort();
        return new Looked(
            times[times.Count / 2], times[times.Count * 99 / 100], pages[pages.Count / 2],
            pages[pages.Count * 99 / 100], pages[^1],
            (store.IndexStats.MapPageReads - mapsBefore) / (double)Gets, (files.Reads - readsBefore) / (double)Gets);
    }

    internal static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>Loads the code that measuring needs, so that it does not count as the store's memory.</summary>
    internal static void Warm(Action<DomainStore, CountingFiles> work)
    {
        var folder = Directory.CreateTempSubdirectory("omega-scale-warm-").FullName;
        using (var home = GeneratedHome.Open(folder))
        {
            home.Write(WarmCount, _ => { });
            using var store = home.OpenStore(out _);
            work(store, home.Files);
            store.Maintain(GeneratedHome.Now(1_000_000_000));
        }

        Directory.Delete(folder, recursive: true);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private readonly record struct Changed(
        double SnapshotSeconds, long SnapshotReads, double PlanSeconds, long PlanReads);

    private readonly record struct Looked(
        double Median, double P99, long PagesMedian, long PagesP99, long PagesMax, double MapPages, double Reads);
}
