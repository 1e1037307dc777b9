using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Published;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.Tests.History;

/// <summary>What the store does around the public history, with a list in place of the durable local log.</summary>
internal sealed class LocalLogStandIn : IDisposable
{
    public static readonly DomainId Domain = DomainId.From(Blake3.Hash([77]));
    public static readonly Ed25519PrivateKey HeadKey = Ed25519PrivateKey.FromSeed(Blake3.Hash([78]).AsSpan());

    private readonly IFileSystem _files;
    private readonly List<byte[]> _log;
    private readonly IRandomSource _random;

    public LocalLogStandIn(IFileSystem files, List<byte[]> log, ulong seed = 1)
    {
        (_files, _log, _random) = (files, log, new CountedBytes(seed));
        History = Replay();
    }

    public PublicHistory History { get; private set; }

    public PublishedSets Published { get; } = new();

    public CurrentDigest Current { get; } = new();

    public static ArtifactKey Key(int number) => ArtifactKey.From(Blake3.Hash(BitConverter.GetBytes(number)));

    public static byte[] Entry(int number) => [.. BitConverter.GetBytes(number), 1, 2, 3];

    public void Append(PreparedLeaf leaf)
    {
        _log.Add(leaf.Encode());
        History.Apply(leaf);
    }

    public void Begin()
    {
        Append(History.PrepareEpoch(0, default));
        Append(History.Prepare(new PublicRecord.Dam(Blake3.Hash([5]), 1)));
    }

    public void Publish(int number, string audience = "peers")
    {
        Hash256 entry = Published.Publish(audience, Key(number), Entry(number));
        Append(History.Prepare(new PublicRecord.Publish(Key(number), audience, entry)));
    }

    public HeadInfo TakeSnapshot(long timeUnixMs = 1_000)
    {
        if (!History.NeedsSnapshot)
            return History.Head!;
        var state = new SnapshotState(Published.Roots(), Current.Root, Blake3.Hash([5]), timeUnixMs);
        Append(History.PrepareSnapshot(state));
        return History.Seal(HeadKey);
    }

    public void Dispose() => History.Dispose();

    private PublicHistory Replay()
    {
        PublicHistory history = PublicHistory.Open(_files, new HistoryOptions(Domain, "alice.personal", _random));
        foreach (byte[] record in _log)
        {
            Assert.True(PreparedLeaf.TryDecode(record, out PreparedLeaf? leaf, out var error), error.ToString());
            history.Apply(leaf);
        }

        history.FinishReplay(HeadKey);
        return history;
    }
}

/// <summary>Bytes from a seed: the same run gives the same salts.</summary>
internal sealed class CountedBytes(ulong seed) : IRandomSource
{
    private ulong _count;

    public void Fill(Span<byte> destination)
    {
        Span<byte> material = stackalloc byte[16];
        BitConverter.TryWriteBytes(material, seed);
        BitConverter.TryWriteBytes(material[8..], _count++);
        Blake3.DeriveKey("omega test bytes v1", material, destination);
    }
}
