using System.Buffers.Binary;
using System.Diagnostics;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Hashing;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Tests;

namespace Omega.P2P.Benchmarks.Scale;

/// <summary>
/// A home of many small artifacts, as the program makes them but for one thing: real keys, blocks, log, public log and
/// index segments, and one signature repeated on all, because ten million real ones would take an hour. Two artifacts
/// share each content of 1 KiB, so that ten million fit 20 GiB; one in ten is published to <c>peers</c>; one in a
/// thousand is of another kind, one in a hundred thousand of another brane.
/// </summary>
internal sealed class GeneratedHome : IDisposable
{
    public const string Name = "scale.personal";
    public const string Audience = "peers";
    public const string RareKind = "snapshot.vm";
    public const string RareBrane = "rare";
    public const int ContentSize = 1024;
    public const int PublishedEach = 10;

    private const int Batch = 16_384;
    private const long Begin = 1_700_000_000_000;

    private readonly OmegaHome _home;
    private readonly KeyFolder _keys;

    private GeneratedHome(OmegaHome home)
    {
        _home = home;
        _keys = KeyFolder.Open(home.Keys);
        Signer = new RepeatedSigner(_keys.Node);
        Files = new CountingFiles(new DiskFileSystem(home.Domain(Name)));
    }

    /// <summary>The domain's folder.</summary>
    public CountingFiles Files { get; }

    public RepeatedSigner Signer { get; }

    /// <summary>A home that is there, or an empty one made now.</summary>
    public static GeneratedHome Open(string root)
    {
        var home = OmegaHome.Of(root, _ => null);
        if (!Directory.Exists(root) || home.DomainName() is null)
        {
            DomainSetup.Ensure(home, Name);
        }

        return new GeneratedHome(home);
    }

    public static Instant Now(long ms) => new(Begin + ms, ms);

    /// <summary>Opens the store as the program does.</summary>
    public DomainStore OpenStore(out Omega.P2P.Storage.Recovery.RecoveryReport report, StoreLimits? limits = null) =>
        DomainStore.Open(
            Files, DomainSetup.OptionsOf(Name) with { Limits = limits ?? new() },
            new StoreKeys(_keys.Node, _keys.Head), Now(0), out report);

    /// <summary>The descriptor of an artifact by its number.</summary>
    public static Descriptor DescriptorOf(long number)
    {
        var content = new byte[ContentSize];
        Fill(number, content);
        return DescriptorOf(number, ContentId.Of(content));
    }

    /// <summary>Writes artifacts 0 to <paramref name="count"/> into an empty home.</summary>
    public void Write(long count, Action<string> tell)
    {
        // Larger than the program's: many small segments would be merged into the same few in the end.
        using var store = OpenStore(out _, new StoreLimits { IndexMemory = 1L << 27 });
        store.BeginBulk();
        var isDone = false;
        var indexing = new Thread(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                if (!store.WorkOnIndex()) Thread.Sleep(20);
            }
        });
        indexing.Start();
        var clock = Stopwatch.StartNew();
        var next = Task.Run(() => Make(store.DomainId, 0, count));
        for (long first = 0; first < count; first += Batch)
        {
            var made = next.GetAwaiter().GetResult();
            var after = first + Batch;
            if (after < count) next = Task.Run(() => Make(store.DomainId, after, count));
            store.AdmitUnchecked(made.Contents, made.Artifacts, Now(first / 1000));
            store.PublishUnchecked(
                [.. made.Artifacts.Where((_, i) => (first + i) % PublishedEach == 0).Select(a => a.Entry.Key)],
                Audience, Now(first / 1000));
            if (first / Batch % 25 == 0) tell($"{first + made.Artifacts.Count}, {clock.Elapsed.TotalSeconds:F0} s");
        }

        Volatile.Write(ref isDone, true);
        indexing.Join();
        tell($"{count} written, {clock.Elapsed.TotalSeconds:F0} s");
        store.EndBulk(Now(count / 1000));
        tell($"{count} artifacts, {clock.Elapsed.TotalSeconds:F0} s");
    }

    public void Dispose() => _keys.Dispose();

    private static Descriptor DescriptorOf(long number, ContentId content)
    {
        var meta = new CborValue.Map([KeyValuePair.Create("n", (CborValue)new CborValue.Text($"file-{number:D9}"))]);
        return Descriptor.Create(content, ContentSize, number % 1000 == 999 ? RareKind : "trace.span", meta);
    }

    private Made Make(DomainId domain, long first, long end)
    {
        var count = (int)Math.Min(Batch, end - first);
        var contents = new (Hash256 Id, byte[] Bytes)[(count + 1) / 2];
        var artifacts = new (SignedArtifact, LogRecord.Add)[count];
        Parallel.For(0, contents.Length, pair =>
        {
            var bytes = new byte[ContentSize];
            Fill(first + 2 * pair, bytes);
            contents[pair] = (Blake3.Hash(bytes), bytes);
            for (var i = 2 * pair; i < Math.Min(count, 2 * pair + 2); i++)
            {
                artifacts[i] = Artifact(domain, first + i, ContentId.From(contents[pair].Id));
            }
        });
        return new Made(contents, artifacts);
    }

    private (SignedArtifact Entry, LogRecord.Add Add) Artifact(DomainId domain, long number, ContentId content)
    {
        var descriptor = DescriptorOf(number, content);
        var at = Begin + number / 1000;
        var attestation = Attestation.Create(
            Signer, descriptor.Key, domain, number % 100_000 == 7 ? RareBrane : "bench",
            new byte[Attestation.NonceBytes], at);
        var entry = SignedArtifact.Create(descriptor, attestation, Receipt.Create(Signer, attestation, domain, at));
        return (entry, new LogRecord.Add(entry.Bytes.ToArray(), "internal", null, at, null, []));
    }

    private static void Fill(long number, Span<byte> content)
    {
        var state = (ulong)(number / 2) * 0x9E3779B97F4A7C15UL + 1;
        for (var at = 0; at < content.Length; at += 8)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            BinaryPrimitives.WriteUInt64LittleEndian(content[at..], state);
        }
    }

    private sealed record Made(
        IReadOnlyList<(Hash256 Id, byte[] Bytes)> Contents,
        IReadOnlyList<(SignedArtifact Entry, LogRecord.Add Add)> Artifacts);

    /// <summary>Signs the first message, and says the same of all others.</summary>
    internal sealed class RepeatedSigner(Ed25519PrivateKey key) : ISigner
    {
        private readonly byte[] _signature = Sign(key);

        public Ed25519PublicKey PublicKey { get; } = key.PublicKey;

        public void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => _signature.CopyTo(signature);

        private static byte[] Sign(Ed25519PrivateKey key)
        {
            var signature = new byte[64];
            key.Sign([1], signature);
            return signature;
        }
    }
}
