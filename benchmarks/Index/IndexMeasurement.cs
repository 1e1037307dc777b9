using System.Diagnostics;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Benchmarks.Index;

/// <summary>
/// <c>index write FOLDER COUNT</c> makes a store; <c>index measure FOLDER COUNT</c> prints one JSON line about it: how
/// long opening takes, random gets by key (median, reads), a snapshot after one change, a first page of a list, and
/// anonymous
/// memory above an idle process through all of that and a merge.
/// </summary>
internal static class IndexMeasurement
{
    private const int Gets = 20_000;

    public static int Run(string[] args)
    {
        if (args is not ["write" or "measure", var folder, var text] || !long.TryParse(text, out var count))
        {
            Console.Error.WriteLine("index write FOLDER COUNT | index measure FOLDER COUNT");
            return 2;
        }

        var files = new FolderFileSystem(Path.GetFullPath(folder));
        if (args[0] == "write")
        {
            Directory.CreateDirectory(folder);
            GeneratedStore.Write(files, count, Console.Error.WriteLine);
            return 0;
        }

        Measure(files, count);
        return 0;
    }

    private static void Measure(FolderFileSystem files, long count)
    {
        Warm();
        var idle = Anonymous();
        var clock = Stopwatch.StartNew();
        var store = DomainStore.Open(
            files, GeneratedStore.Options, GeneratedStore.Keys, GeneratedStore.Now(0), out var report);
        var openSeconds = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var listed = store.List(ArtifactFilter.All).Take(100).Count();
        var listSeconds = clock.Elapsed.TotalSeconds;
        var (median, pages, most, reads) = Look(store, files, count);
        var anonymous = Anonymous();
        clock.Restart();
        var digest = store.Current;
        var digestSeconds = clock.Elapsed.TotalSeconds;
        var key = GeneratedStore.DescriptorOf(count / 2).Key;
        store.Publish(key, "internal", GeneratedStore.Now(1));
        clock.Restart();
        store.TakeSnapshot(GeneratedStore.Now(2));
        var snapshotSeconds = clock.Elapsed.TotalSeconds;
        anonymous = Math.Max(anonymous, Anonymous());
        clock.Restart();
        store.SettleIndex();
        var mergeSeconds = clock.Elapsed.TotalSeconds;
        anonymous = Math.Max(anonymous, Anonymous());
        store.Dispose();
        Console.WriteLine(
            $"{{\"artifacts\":{count},\"open_seconds\":{openSeconds:F3},\"replayed\":{report.RecordsReplayed},"
            + $"\"list_seconds\":{listSeconds:F4},\"listed\":{listed},\"get_median_us\":{median:F1},"
            + $"\"index_pages_median\":{pages},\"index_pages_p99\":{most},\"reads_per_get\":{reads:F2},"
            + $"\"current_seconds\":{digestSeconds:F4},\"snapshot_seconds\":{snapshotSeconds:F4},"
            + $"\"merge_seconds\":{mergeSeconds:F2},\"anonymous_above_idle\":{anonymous - idle},"
            + $"\"current\":\"{digest}\"}}");
    }

    /// <summary>Random gets by key, entry and bytes: the first half warms the fences, the second counts.</summary>
    private static (double Median, long Pages, long Most, double Reads) Look(
        DomainStore store, FolderFileSystem files, long count)
    {
        var times = new List<double>();
        var pages = new List<long>();
        var bytes = new byte[1024];
        var state = 88172645463325252UL;
        long readsBefore = 0;
        for (var i = 0; i < 2 * Gets; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            var key = GeneratedStore.DescriptorOf((long)(state % (ulong)count)).Key;
            var before = store.IndexStats.DataPageReads;
            readsBefore = i == Gets ? files.Reads : readsBefore;
            var begin = Stopwatch.GetTimestamp();
            if (!store.TryGet(key, out var info)) throw new InvalidOperationException($"{key} is not there");
            using (var reader = store.OpenContent(info!)) reader.ReadAt(0, bytes);
            if (i < Gets) continue;
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            pages.Add(store.IndexStats.DataPageReads - before);
        }

        times.Sort();
        pages.Sort();
        return (times[times.Count / 2], pages[pages.Count / 2], pages[pages.Count * 99 / 100],
            (files.Reads - readsBefore) / (double)Gets);
    }

    /// <summary>Loads the code that measuring needs, so that it does not count as the store's memory.</summary>
    private static void Warm()
    {
        var folder = Directory.CreateTempSubdirectory("omega-index-warm-").FullName;
        var files = new FolderFileSystem(folder);
        GeneratedStore.Write(files, 3_000, _ => { });
        using (var store = DomainStore.Open(
            files, GeneratedStore.Options, GeneratedStore.Keys, GeneratedStore.Now(0), out _))
        {
            Look(store, files, 3_000);
        }

        Directory.Delete(folder, recursive: true);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static long Anonymous()
    {
        var line = File.ReadLines("/proc/self/smaps_rollup")
            .First(text => text.StartsWith("Anonymous:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}
