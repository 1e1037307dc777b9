using System.Buffers.Binary;
using System.Diagnostics;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Benchmarks.Index;

/// <summary>
/// A store of many small artifacts: real blocks, log and index segments, written the way the store writes them, but
/// with one signature for all, because ten million real ones would take an hour. Two artifacts share each content of
/// 1 KiB,
/// so that ten million fit 20 GiB.
/// </summary>
internal static class GeneratedStore
{
    private const int Batch = 8192;
    private const int ContentSize = 1024;
    private const long Begin = 1_700_000_000_000;

    private static readonly Ed25519PrivateKey Head = Ed25519PrivateKey.FromSeed(Seed(1));
    private static readonly RepeatedSigner Repeated = new(Ed25519PrivateKey.FromSeed(Seed(2)));
    private static readonly Ed25519PrivateKey Recovery = Ed25519PrivateKey.FromSeed(Seed(3));

    public static StoreKeys Keys { get; } = new(Repeated, Head);

    public static StoreOptions Options { get; } = new() { DomainName = "alice.personal", Random = new Zeros() };

    public static Instant Now(long ms) => new(Begin + ms, ms);

    /// <summary>The descriptor of an artifact by its number.</summary>
    public static Descriptor DescriptorOf(long number)
    {
        var content = new byte[ContentSize];
        Fill(number, content);
        var meta = new CborValue.Map([KeyValuePair.Create("n", (CborValue)new CborValue.Text($"file-{number:D9}"))]);
        return Descriptor.Create(ContentId.Of(content), ContentSize, "trace.span", meta);
    }

    /// <summary>Writes artifacts 0 to <paramref name="count"/> into an empty folder.</summary>
    public static void Write(IFileSystem files, long count, Action<string> tell)
    {
        var draft = new DamDraft
        {
            Name = Options.DomainName, HeadKey = Head.PublicKey, RecoveryKey = Recovery.PublicKey,
        };
        draft.Nodes["node"] = Repeated.PublicKey;
        draft.Branes["bench"] = Ed25519PrivateKey.FromSeed(Seed(4)).PublicKey;
        var dam = SignedDam.Create(Dam.Genesis(draft), Head).Bytes.ToArray();
        using var store = DomainStore.Create(files, Options, Keys, dam, Now(0));
        var clock = Stopwatch.StartNew();
        var next = Task.Run(() => Make(store.DomainId, 0, count));
        for (long first = 0; first < count; first += Batch)
        {
            var made = next.GetAwaiter().GetResult();
            var after = first + Batch;
            if (after < count) next = Task.Run(() => Make(store.DomainId, after, count));
            var from = first;
            store.AdmitUnchecked(() => FillBlocks(store, from, made.Length), made, Now(first / 1000));
            if (first / Batch % 100 == 0) tell($"{first + made.Length} artifacts, {clock.Elapsed.TotalSeconds:F0} s");
        }

        store.SettleIndex();
        tell($"{count} artifacts, {clock.Elapsed.TotalSeconds:F0} s, settled");
    }

    private static BlockSink FillBlocks(DomainStore store, long first, int count)
    {
        var sink = store.NewSink("internal");
        var content = new byte[ContentSize];
        for (var number = first; number < first + count; number += 2)
        {
            Fill(number, content);
            sink.Add(Blake3.Hash(content), BlockCodec.Raw, content);
        }

        return sink;
    }

    private static (SignedArtifact Entry, LogRecord.Add Add)[] Make(DomainId domain, long first, long end)
    {
        var made = new (SignedArtifact, LogRecord.Add)[Math.Min(Batch, end - first)];
        Parallel.For(0, made.Length, i =>
        {
            var descriptor = DescriptorOf(first + i);
            var at = Begin + (first + i) / 1000;
            var attestation = Attestation.Create(
                Repeated, descriptor.Key, domain, "bench", new byte[Attestation.NonceBytes], at);
            var entry = SignedArtifact.Create(
                descriptor, attestation, Receipt.Create(Repeated, attestation, domain, at));
            made[i] = (entry, new LogRecord.Add(entry.Bytes.ToArray(), "internal", null, at, null, []));
        });

        return made;
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

    private static byte[] Seed(byte value) => [.. Enumerable.Repeat(value, 32)];

    private sealed class Zeros : IRandomSource
    {
        public void Fill(Span<byte> destination) => destination.Clear();
    }

    /// <summary>Signs the first message, and says the same of all others.</summary>
    private sealed class RepeatedSigner(Ed25519PrivateKey key) : ISigner
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
