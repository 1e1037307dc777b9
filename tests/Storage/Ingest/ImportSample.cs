using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Ingest;

/// <summary>An artifact of another domain, with its groups as a decoder would hand them over.</summary>
internal sealed class ImportSample : IContentReader
{
    public const int Group = 16 << 10;

    private static readonly Ed25519PrivateKey Node = Ed25519PrivateKey.FromSeed(TestStore.Bytes(77, 32));
    private static readonly Ed25519PrivateKey Brane = Ed25519PrivateKey.FromSeed(TestStore.Bytes(78, 32));

    private readonly List<Hash256> _cvs = [];

    public ImportSample(byte[] bytes, string name = "", string type = "test.bytes")
    {
        Bytes = bytes;
        Content = ContentId.Of(bytes);
        var meta = new Primitives.Cbor.CborValue.Map(
            [KeyValuePair.Create("name", (Primitives.Cbor.CborValue)new Primitives.Cbor.CborValue.Text(name))]);
        var descriptor = Descriptor.Create(Content, bytes.Length, type, meta, []);
        var attestation = Attestation.Create(
            Brane, descriptor.Key, Source, "theirs", TestStore.Bytes(3, Attestation.NonceBytes), 1_700_000_000_000);
        Entry = SignedArtifact.Create(
            descriptor, attestation, Receipt.Create(Node, attestation, Source, 1_700_000_000_000));
        Prove();
    }

    public static DomainId Source { get; } = DomainId.From(Blake3.Hash([5]));

    public byte[] Bytes { get; }

    public ContentId Content { get; }

    public SignedArtifact Entry { get; }

    public ArtifactKey Key => Entry.Descriptor.Key;

    public void ReadAt(long offset, Span<byte> destination) =>
        Bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);

    /// <summary>Writes groups from where the import stands up to an offset.</summary>
    public void Write(ContentImport import, long end = long.MaxValue)
    {
        while (import.Position < Math.Min(end, Bytes.Length))
        {
            var at = (int)import.Position;
            import.Write(Bytes.AsSpan(at, Math.Min(Group, Bytes.Length - at)), _cvs[at / Group]);
        }
    }

    /// <summary>Brings all of it and makes it visible; returns how many bytes had to come.</summary>
    public long Import(DomainStore store, string audience = "peers", long at = 5)
    {
        using var batch = store.BeginImport();
        batch.Add(Entry, Source, audience);
        long brought = 0;
        switch (batch.Need(Content, Bytes.Length, audience))
        {
            case ImportNeed.Whole:
                batch.AddWhole(Content, audience, [.. Bytes]);
                brought = Bytes.Length;
                break;
            case ImportNeed.Groups:
                var import = batch.Begin(Content, Bytes.Length, audience);
                brought = Bytes.Length - import.Position;
                Write(import);
                break;
            default:
                break;
        }

        batch.Complete(TestStore.Now(at));
        return brought;
    }

    private void Prove()
    {
        var builder = new OutboardBuilder();
        builder.Update(Bytes);
        Assert.True(Outboard.TryCreate(builder.Finish(out var root), out var outboard));
        var encoder = new BaoEncoder(root, Bytes.Length, outboard!, ByteRanges.All(Bytes.Length), this);
        var decoder = new BaoDecoder(root, Bytes.Length, ByteRanges.All(Bytes.Length));
        var buffer = new byte[1 << 16];
        while (!encoder.IsDone)
        {
            var rest = buffer.AsSpan(0, encoder.Read(buffer));
            while (!decoder.IsDone && decoder.Push(rest, out var consumed, out var leaf) == BaoStatus.Leaf)
            {
                _cvs.Add(leaf.Cv);
                rest = rest[consumed..];
            }
        }

        Assert.True(decoder.IsDone);
    }
}
