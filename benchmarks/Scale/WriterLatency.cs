using System.Diagnostics;
using Omega.P2P.Node.Keys;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Benchmarks.Scale;

/// <summary>
/// Durable puts of 1 KiB by four writers, each timed: first with the index left alone, then while another thread seals
/// and merges without a pause, the large segments of the whole store among them.
/// </summary>
internal static class WriterLatency
{
    private const int Writers = 4;
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(20);

    public static void Run(GeneratedHome home, long count)
    {
        using var key = Ed25519PrivateKey.Generate(SystemRandom.Instance);
        ScaleMeasurement.Warm((store, _) => Put(store, key, 0, TimeSpan.FromSeconds(1)));
        using var memory = MemoryPeak.Begin();
        using var store = home.OpenStore(out _);
        Put(store, key, 1, TimeSpan.FromSeconds(2));
        var alone = Put(store, key, 2, Phase);
        var pages = store.IndexStats.PagesSealed;
        var isOver = false;
        var merging = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                if (!store.Maintain(GeneratedHome.Now(2_000_000_000))) Thread.Sleep(1);
            }
        });
        merging.Start();
        var merged = Put(store, key, 3, Phase);
        Volatile.Write(ref isOver, true);
        merging.Join();
        pages = store.IndexStats.PagesSealed - pages;
        ScaleMeasurement.Print(
            ("artifacts", count), ("alone_puts", alone.Count), ("alone_median_ms", alone.At(0.5)),
            ("alone_p99_ms", alone.At(0.99)), ("alone_max_ms", alone.Max), ("merging_puts", merged.Count),
            ("merging_median_ms", merged.At(0.5)), ("merging_p99_ms", merged.At(0.99)),
            ("merging_max_ms", merged.Max), ("mib_merged", pages * 4096 / 1048576),
            ("memory_above_idle", memory.AboveIdle()));
    }

    private static LatencyHistogram Put(DomainStore store, Ed25519PrivateKey key, int seed, TimeSpan time)
    {
        var all = new LatencyHistogram();
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            var random = new Random(seed * Writers + writer);
            var bytes = new byte[GeneratedHome.ContentSize];
            while (clock.Elapsed < time)
            {
                random.NextBytes(bytes);
                var begin = Stopwatch.GetTimestamp();
                using var put = store.BeginPut(new PutRequest { Type = "bench", Brane = "bench" });
                put.Write(bytes);
                put.Complete(Attest(store, key), new Instant(1_700_000_100_000, 1000));
                all.Add(Stopwatch.GetElapsedTime(begin));
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return all;
    }

    private static AttestMany Attest(DomainStore store, Ed25519PrivateKey key) => descriptors =>
    [
        .. descriptors.Select(descriptor => Attestation.Create(
            key, descriptor.Key, store.DomainId, "bench", new byte[Attestation.NonceBytes], 1_700_000_100_000)),
    ];
}
