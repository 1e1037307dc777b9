using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>An artifact's place in a batch of attestations, and its way from there to the root.</summary>
/// <remarks>
/// In an entry it stands around the signed message, a canonical CBOR map of four fields:
/// <code>
/// "path"  160 bytes: the five siblings from the leaf up (RFC 6962 audit path in a tree of 32)
/// "salt"  16 bytes                    "slot"    0..31
///                                     "signed"  the COSE_Sign1 message
/// </code>
/// The leaf is SHA-256(0x00 || salt || ArtifactKey).
/// </remarks>
internal sealed class BatchSlot
{
    public const int SaltBytes = 16;

    private const int PathBytes = AttestationBatch.Depth * Hash256.Size;
    private const byte MapOfFour = 0xa4;

    private readonly int _place;
    private readonly byte[] _salt;
    private readonly byte[] _path;

    private BatchSlot(int place, byte[] salt, byte[] path)
    {
        _place = place;
        _salt = salt;
        _path = path;
    }

    public static Hash256 Leaf(ArtifactKey artifact, ReadOnlySpan<byte> salt)
    {
        Span<byte> data = stackalloc byte[SaltBytes + Hash256.Size];
        salt.CopyTo(data);
        artifact.AsSpan().CopyTo(data[SaltBytes..]);
        return Rfc6962.LeafHash(data);
    }

    /// <summary>The slot of a leaf of a tree as <see cref="AttestationBatch"/> lays it out.</summary>
    public static BatchSlot Of(int place, ReadOnlySpan<byte> salt, ReadOnlySpan<Hash256> nodes)
    {
        var path = new byte[PathBytes];
        var node = AttestationBatch.CountMax + place;
        for (var level = 0; level < AttestationBatch.Depth; level++, node >>= 1)
            nodes[node ^ 1].CopyTo(path.AsSpan(level * Hash256.Size));
        return new BatchSlot(place, salt.ToArray(), path);
    }

    /// <summary>Whether an attestation's first byte says that it is of a batch: a message alone begins with its
    /// tag.</summary>
    public static bool IsOne(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && bytes[0] == MapOfFour;

    /// <summary>Reads a slot and finds the signed message, which is not looked into.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out BatchSlot? slot, out ReadOnlySpan<byte> signed,
        out DecodeError error)
    {
        slot = null;
        signed = default;
        var reader = new CborReader(bytes);
        if (reader.TryReadMapStart(out _)
            && reader.TryReadKey("path"u8) && reader.TryReadBytes(PathBytes, out var path)
            && reader.TryReadKey("salt"u8) && reader.TryReadBytes(SaltBytes, out var salt)
            && reader.TryReadKey("slot"u8) && reader.TryReadSize(out var place)
            && (place < AttestationBatch.CountMax
                || reader.Refuse("attestation-slot", "slot", "A batch has the slots 0 to 31."))
            && reader.TryReadKey("signed"u8) && reader.TryReadBytes(out signed)
            && (signed.Length <= Attestation.SizeBytesMax
                || reader.Refuse("attestation-size", "signed", "A signed message has at most 512 bytes."))
            && reader.TryFinish())
        {
            slot = new BatchSlot((int)place, salt.ToArray(), path.ToArray());
        }
        error = reader.Error;
        return slot is not null;
    }

    public byte[] Encode(ReadOnlySpan<byte> signed)
    {
        var writer = CborWriter.Rent();
        writer.WriteMapStart(4);
        writer.WriteKey("path"u8);
        writer.WriteBytes(_path);
        writer.WriteKey("salt"u8);
        writer.WriteBytes(_salt);
        writer.WriteKey("slot"u8);
        writer.WriteUInt((ulong)_place);
        writer.WriteKey("signed"u8);
        writer.WriteBytes(signed);
        return writer.ToArrayAndReturn();
    }

    /// <summary>Whether the way leads from this artifact to this root.</summary>
    public bool Leads(ArtifactKey artifact, in Hash256 root)
    {
        Span<Hash256> path = stackalloc Hash256[AttestationBatch.Depth];
        for (var level = 0; level < path.Length; level++)
            path[level] = Hash256.From(_path.AsSpan(level * Hash256.Size, Hash256.Size));
        return Proofs.VerifyInclusion(Leaf(artifact, _salt), _place, AttestationBatch.CountMax, path, root);
    }
}
