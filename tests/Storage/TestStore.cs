using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage.Tests;

/// <summary>A store on a disk in memory, with fixed keys and a seeded source of bytes.</summary>
internal sealed class TestStore : IDisposable
{
    private static readonly Ed25519PrivateKey Recovery = Ed25519PrivateKey.FromSeed(Bytes(8, 32));
    private static readonly Ed25519PrivateKey Head = Ed25519PrivateKey.FromSeed(Bytes(5, 32));
    private static readonly Ed25519PrivateKey Brane = Ed25519PrivateKey.FromSeed(Bytes(6, 32));
    private static readonly Ed25519PrivateKey Node = Ed25519PrivateKey.FromSeed(Bytes(7, 32));

    public TestStore(
        MemoryFileSystem? files = null, StoreLimits? limits = null, bool create = true,
        Func<MemoryFileSystem, IFileSystem>? through = null)
    {
        Files = files ?? new MemoryFileSystem();
        var disk = through?.Invoke(Files) ?? Files;
        Options = new StoreOptions
        {
            DomainName = "alice.personal",
            Random = new SeededRandom(1),
            Limits = limits ?? new StoreLimits(),
        };
        Store = create
            ? DomainStore.Create(disk, Options, Keys, GenesisDam, Now(1))
            : DomainStore.Open(disk, Options, Keys, Now(1), out _);
    }

    public static StoreKeys Keys { get; } = new(Node, Head);

    public static byte[] GenesisDam { get; } = SignedDam.Create(Dam.Genesis(Draft()), Head).Bytes.ToArray();

    public MemoryFileSystem Files { get; }

    public StoreOptions Options { get; }

    public DomainStore Store { get; private set; }

    public static Instant Now(long seconds) => new(1_700_000_000_000 + seconds * 1000, seconds * 1000);

    private static DamDraft Draft()
    {
        var draft = new DamDraft
        {
            Name = "alice.personal",
            HeadKey = Head.PublicKey,
            RecoveryKey = Recovery.PublicKey,
        };
        draft.Nodes["alice-pi"] = Node.PublicKey;
        draft.Branes["replay"] = Brane.PublicKey;
        return draft;
    }

    /// <summary>Bytes that depend on the seed alone.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new SeededRandom(seed).Fill(bytes);
        return bytes;
    }

    public PutResult Put(
        byte[] bytes, string name = "", string audience = "internal", string? tenant = null, string brane = "replay",
        long at = 1, DomainStore? store = null)
    {
        store ??= Store;
        var meta = new CborValue.Map([KeyValuePair.Create("name", (CborValue)new CborValue.Text(name))]);
        using var put = store.BeginPut(new PutRequest
        {
            Type = "test.bytes",
            Brane = brane,
            Audience = audience,
            Tenant = tenant,
            Meta = meta,
        });
        for (var start = 0; start < bytes.Length; start += 100_000)
        {
            put.Write(bytes.AsSpan(start, Math.Min(100_000, bytes.Length - start)));
        }

        return put.Complete(list => [Attest(store, list[0], brane)], Now(at));
    }

    /// <summary>What a put of a named artifact asks for.</summary>
    public static PutRequest Request(string name) => new()
    {
        Type = "test.bytes",
        Brane = "replay",
        Meta = new CborValue.Map([KeyValuePair.Create("name", (CborValue)new CborValue.Text(name))]),
    };

    public static Attestation Attest(DomainStore store, Descriptor descriptor, string brane) => Attestation.Create(
        Brane, descriptor.Key, store.DomainId, brane, Bytes(3, Attestation.NonceBytes), 1_700_000_000_000);

    /// <summary>One signature for all that come together.</summary>
    public IReadOnlyList<Attestation> AttestTogether(IReadOnlyList<Descriptor> descriptors) =>
        AttestationBatch.Attest(Brane, descriptors, Store.DomainId, "replay", Options.Random, 1_700_000_000_000);

    public byte[] Read(ContentId content, DomainStore? store = null)
    {
        using var reader = (store ?? Store).OpenContent(content);
        var bytes = new byte[reader.Size];
        reader.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>Loses power and opens again.</summary>
    public RecoveryReport Crash(CrashOutcome outcome = CrashOutcome.LoseUnsynced, ulong seed = 1)
    {
        Files.Crash(outcome, seed);
        Store = DomainStore.Open(Files, Options, Keys, Now(1), out var report);
        return report;
    }

    /// <summary>Closes and opens again.</summary>
    public RecoveryReport Reopen()
    {
        Store.Dispose();
        Store = DomainStore.Open(Files, Options, Keys, Now(1), out var report);
        return report;
    }

    public int CountBlockFiles() => CountFiles("blocks/sealed", ".blk");

    public int CountFiles(string folder, string extension)
    {
        var count = 0;
        foreach (var name in Files.List(folder))
        {
            count += name.EndsWith(extension, StringComparison.Ordinal)
                ? 1
                : CountFiles($"{folder}/{name}", extension);
        }

        return count;
    }

    public void Dispose() => Store.Dispose();
}

/// <summary>BLAKE3's extendable output as a stream of test bytes.</summary>
internal sealed class SeededRandom(int seed) : IRandomSource
{
    private readonly Blake3Hasher _hasher = Seeded(seed);
    private ulong _offset;

    public void Fill(Span<byte> destination)
    {
        _hasher.Finish(destination, _offset);
        _offset += (ulong)destination.Length;
    }

    private static Blake3Hasher Seeded(int seed)
    {
        var hasher = Blake3Hasher.Create();
        hasher.Update(BitConverter.GetBytes(seed));
        return hasher;
    }
}
