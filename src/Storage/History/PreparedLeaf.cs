using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.History;

/// <summary>
/// A leaf of the public log as it rides in a record of the local log, which is what makes it exist: everything under
/// <c>public/</c> and <c>snapshots/</c> follows from these (laws 4 and 5). Made by <see cref="PublicHistory"/>, applied
/// to it once the local record is durable, and again in the same order on every replay.
/// </summary>
/// <param name="Epoch">Which public log.</param>
/// <param name="Index">Position in that log.</param>
/// <param name="Commitment">The leaf's 32 bytes.</param>
/// <param name="Salt">Opens the commitment together with the body; zero where the body was erased.</param>
/// <param name="Body">A <see cref="PublicRecord"/>; null where it was erased. Owned by this record.</param>
/// <param name="Secrets">For a snapshot only: what stays at home.</param>
public sealed record PreparedLeaf(
    long Epoch, long Index, Hash256 Commitment, Hash256 Salt, byte[]? Body, SnapshotSecrets? Secrets)
{
    /// <summary>
    /// Most bytes <see cref="Encode"/> gives: a full snapshot of 64 audiences with the longest names.
    /// </summary>
    public const int SizeBytesMax = 15 * 1024;

    /// <summary>Canonical CBOR, layout in docs/FORMATS.md.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        writer.WriteMapStart(Secrets is null ? 5 : 6);
        writer.WriteKey("body");
        if (Body is null)
            writer.WriteNull();
        else
            writer.WriteBytes(Body);
        writer.WriteKey("salt");
        writer.WriteBytes(Salt.AsSpan());
        writer.WriteKey("epoch");
        writer.WriteUInt(checked((ulong)Epoch));
        writer.WriteKey("index");
        writer.WriteUInt(checked((ulong)Index));
        if (Secrets is not null)
        {
            writer.WriteKey("secrets");
            Secrets.Write(writer);
        }

        writer.WriteKey("commitment");
        writer.WriteBytes(Commitment.AsSpan());
        return writer.ToArray();
    }

    /// <summary>
    /// Reads what <see cref="Encode"/> wrote; total. A body that the commitment does not open is refused
    /// (<c>leaf-commitment</c>).
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PreparedLeaf? leaf, out DecodeError error)
    {
        var reader = new CborReader(bytes);
        leaf = Read(ref reader);
        if (leaf is not null && (!reader.TryFinish() || !leaf.Opens(ref reader)))
            leaf = null;
        error = reader.Error;
        return leaf is not null;
    }

    /// <summary>The same leaf without what it says: every proof stays as it was.</summary>
    public PreparedLeaf Erased() => this with { Body = null, Salt = default, Secrets = null };

    private static PreparedLeaf? Read(ref CborReader reader)
    {
        if (!reader.TryReadMapStart(out _) || !reader.TryReadKey("body"u8))
            return null;
        byte[]? body = null;
        if (reader.PeekKind() == CborKind.Null)
            reader.TryReadNull();
        else if (reader.TryReadBytes(out ReadOnlySpan<byte> bytes))
            body = bytes.ToArray();
        Hash256 salt = default;
        long epoch = 0;
        long index = 0;
        Hash256 commitment = default;
        if (!reader.TryReadKey("salt"u8) || !reader.TryReadHash(out salt)
            || !reader.TryReadKey("epoch"u8) || !reader.TryReadSize(out epoch)
            || !reader.TryReadKey("index"u8) || !reader.TryReadSize(out index))
            return null;
        SnapshotSecrets? secrets = null;
        if (reader.IsNextKey("secrets"u8) && reader.TryReadKey("secrets"u8))
            secrets = SnapshotSecrets.Read(ref reader);
        return reader.TryReadKey("commitment"u8) && reader.TryReadHash(out commitment)
            ? new PreparedLeaf(epoch, index, commitment, salt, body, secrets)
            : null;
    }

    private bool Opens(ref CborReader reader) =>
        Body is null || LogCommitment.Opens(Commitment, Salt.AsSpan(), Body)
        || reader.Refuse("leaf-commitment", "body", "Salt and body are not what the leaf commits to.");
}
