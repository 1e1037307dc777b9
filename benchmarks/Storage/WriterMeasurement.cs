using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Hashing;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Tests;

namespace Omega.P2P.Benchmarks.Storage;

/// <summary>
/// Durable puts of 1 KiB through the engine in process, on a real disk: one writer, 64 writers, one batch of 10,000.
/// Prints one JSON object; syncs are counted at the file port.
/// </summary>
internal static class WriterMeasurement
{
    private const string Brane = "bench";
    private static readonly byte[] Noise = RandomNumberGenerator.GetBytes(1024);
    private static readonly Instant Start = new(1_700_000_000_000, 0);

    public static int Run(string[] args)
    {
        var folder = args.Length > 0 ? args[0] : Directory.CreateTempSubdirectory("omega-writers").FullName;
        using var keys = new Keys();
        var files = new CountingFiles(new DiskFileSystem(Path.Combine(folder, "store")));
        var options = new StoreOptions
        {
            DomainName = "bench.personal",
            Random = SystemRandom.Instance,
            Scheduler = ThreadPoolScheduler.OfMachine,
        };
        using var store = DomainStore.Create(files, options, keys.Store, keys.GenesisDam(), Start);
        PutMany(store, keys, writers: 64, puts: 12_800, seed: 1); // compiled and optimised, caches warm
        PutMany(store, keys, writers: 1, puts: 400, seed: 5);
        PutBatch(store, keys, 4_000, seed: 6);
        var one = Measure(store, files, keys, writers: 1, puts: 1_000, seed: 2);
        var many = Measure(store, files, keys, writers: 64, puts: 12_800, seed: 3);
        var before = store.Stats.LogBytes;
        var clock = Stopwatch.StartNew();
        PutBatch(store, keys, 10_000, seed: 4);
        var batch = 10_000 / clock.Elapsed.TotalSeconds;
        var bytes = (store.Stats.LogBytes - before) / 10_000.0;
        store.SettleIndex(); // all in sealed segments
        Print(
            ("one_per_second", one.PerSecond), ("many_per_second", many.PerSecond),
            ("ratio", many.PerSecond / one.PerSecond), ("syncs_per_batch", many.SyncsPerBatch),
            ("puts_per_batch", many.PutsPerBatch), ("allocated_per_put", many.AllocatedPerPut),
            ("batch_per_second", batch), ("log_bytes_per_artifact", bytes),
            ("index_bytes_per_artifact", store.IndexStats.SegmentBytes / (double)store.Stats.Artifacts));
        return 0;
    }

    private static void Print(params (string Name, double Value)[] figures) => Console.WriteLine(
        "{" + string.Join(",", figures.Select(figure => string.Create(
            CultureInfo.InvariantCulture, $"\"{figure.Name}\":{figure.Value:F2}"))) + "}");

    private static Figures Measure(DomainStore store, CountingFiles files, Keys keys, int writers, int puts, int seed)
    {
        Rest(store);
        var (syncs, commits) = (files.Syncs, store.Stats.LogCommits);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        PutMany(store, keys, writers, puts, seed);
        var seconds = clock.Elapsed.TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        double batches = store.Stats.LogCommits - commits;
        return new Figures(puts / seconds, (files.Syncs - syncs) / batches, puts / batches, (double)allocated / puts);
    }

    /// <summary>What the daemon does when it is idle.</summary>
    private static void Rest(DomainStore store)
    {
        for (var i = 1; i <= 3; i++) store.Idle(new Instant(Start.UnixMs + i * 10_000, i * 10_000));
    }

    private static void PutMany(DomainStore store, Keys keys, int writers, int puts, int seed)
    {
        var attester = keys.AttesterOf(store);
        var threads = Enumerable.Range(0, writers).Select(writer => new Thread(() =>
        {
            for (var i = 0; i < puts / writers; i++)
            {
                using var put = store.BeginPut(new PutRequest { Type = "bench", Brane = Brane });
                put.Write(Bytes(seed, writer, i));
                put.Complete(attester.Attest, Start);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }

    private static void PutBatch(DomainStore store, Keys keys, int puts, int seed)
    {
        var request = new PutRequest { Type = "bench", Brane = Brane };
        using var batch = store.BeginBatch(Brane);
        ThreadPoolScheduler.OfMachine.Run(puts, i => batch.Add(i, request, Bytes(seed, 0, i)));
        batch.Complete(keys.AttesterOf(store).Attest, Start);
    }

    /// <summary>Different each time, at no cost to speak of: what is measured is the store.</summary>
    private static byte[] Bytes(int seed, int writer, int number)
    {
        var bytes = (byte[])Noise.Clone();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, seed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), writer);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), number);
        return bytes;
    }

    private readonly record struct Figures(
        double PerSecond, double SyncsPerBatch, double PutsPerBatch, double AllocatedPerPut);

    private sealed class Keys : IDisposable
    {
        private readonly Ed25519PrivateKey _node = Ed25519PrivateKey.Generate(SystemRandom.Instance);
        private readonly Ed25519PrivateKey _head = Ed25519PrivateKey.Generate(SystemRandom.Instance);
        private readonly Ed25519PrivateKey _brane = Ed25519PrivateKey.Generate(SystemRandom.Instance);
        private readonly Ed25519PrivateKey _recovery = Ed25519PrivateKey.Generate(SystemRandom.Instance);

        public StoreKeys Store => new(_node, _head);

        public byte[] GenesisDam()
        {
            var draft = new DamDraft
            {
                Name = "bench.personal",
                HeadKey = _head.PublicKey,
                RecoveryKey = _recovery.PublicKey,
            };
            draft.Nodes["bench"] = _node.PublicKey;
            draft.Branes[Brane] = _brane.PublicKey;
            return SignedDam.Create(Dam.Genesis(draft), _head).Bytes.ToArray();
        }

        public BraneAttester AttesterOf(DomainStore store) => new(_brane, store.DomainId, Brane);

        public void Dispose()
        {
            _node.Dispose();
            _head.Dispose();
            _brane.Dispose();
            _recovery.Dispose();
        }
    }
}
