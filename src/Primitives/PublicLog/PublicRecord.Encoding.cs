using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.PublicLog;

public abstract partial record PublicRecord
{
    private const string PublishKind = "publish";
    private const string UnpublishKind = "unpublish";
    private const string DamKind = "dam";
    private const string EpochKind = "epoch";
    private const string SnapshotKind = "snapshot";

    /// <summary>The one encoding of this body.</summary>
    /// <exception cref="InvalidOperationException">A bound is exceeded: our own mistake.</exception>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        switch (this)
        {
            case Publish body:
                writer.WriteMapStart(4);
                WriteKeyAndKind(writer, body.Key, PublishKind);
                WriteHash(writer, "entry", body.Entry);
                WriteAudience(writer, body.Audience);
                break;
            case Unpublish body:
                writer.WriteMapStart(3);
                WriteKeyAndKind(writer, body.Key, UnpublishKind);
                WriteAudience(writer, body.Audience);
                break;
            case Dam body:
                writer.WriteMapStart(3);
                WriteHash(writer, "hash", body.Hash);
                WriteKind(writer, DamKind);
                WriteSize(writer, "version", body.Version);
                break;
            case Epoch body:
                writer.WriteMapStart(3);
                WriteKind(writer, EpochKind);
                WriteSize(writer, "number", body.Number);
                WriteHash(writer, "record", body.Record);
                break;
            case Snapshot body:
                WriteSnapshot(writer, body);
                break;
            default:
                throw new UnreachableException();
        }

        return writer.ToArray();
    }

    /// <summary>
    /// Reads a body; total. Refused: anything not canonical, over <see cref="SizeBytesMax"/>, of another kind
    /// (<c>record-kind</c>), with missing or further fields, or with unsorted or repeated commitments.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PublicRecord? record, out DecodeError error)
    {
        record = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("record-size", "", $"A public record has at most {SizeBytesMax} bytes.");
            return false;
        }

        var reader = new CborReader(bytes);
        record = Read(ref reader);
        if (record is not null && !reader.TryFinish())
            record = null;
        error = reader.Error;
        return record is not null;
    }

    private static PublicRecord? Read(ref CborReader reader)
    {
        reader.TryReadMapStart(out _);
        if (reader.IsNextKey("key"u8))
            return ReadPublication(ref reader);
        if (reader.IsNextKey("dam"u8))
            return ReadSnapshot(ref reader);
        return reader.IsNextKey("hash"u8) ? ReadDam(ref reader) : ReadEpoch(ref reader);
    }

    private static PublicRecord? ReadPublication(ref CborReader reader)
    {
        ArtifactKey key = ArtifactKey.From(ReadHash(ref reader, "key"u8));
        string kind = ReadText(ref reader, "kind"u8);
        if (kind is not (PublishKind or UnpublishKind))
            return RefuseKind(ref reader);
        Hash256 entry = kind == PublishKind ? ReadHash(ref reader, "entry"u8) : default;
        string audience = ReadText(ref reader, "audience"u8);
        if (audience.Length == 0)
            reader.Refuse("record-audience", "audience", "An audience has a name.");
        if (!reader.Error.IsNone)
            return null;
        return kind == PublishKind ? new Publish(key, audience, entry) : new Unpublish(key, audience);
    }

    private static Dam? ReadDam(ref CborReader reader)
    {
        Hash256 hash = ReadHash(ref reader, "hash"u8);
        if (ReadText(ref reader, "kind"u8) != DamKind)
            RefuseKind(ref reader);
        long version = ReadSize(ref reader, "version"u8);
        return reader.Error.IsNone ? new Dam(hash, version) : null;
    }

    private static Epoch? ReadEpoch(ref CborReader reader)
    {
        if (ReadText(ref reader, "kind"u8) != EpochKind)
            RefuseKind(ref reader);
        long number = ReadSize(ref reader, "number"u8);
        Hash256 record = ReadHash(ref reader, "record"u8);
        return reader.Error.IsNone ? new Epoch(number, record) : null;
    }

    private static Snapshot? ReadSnapshot(ref CborReader reader)
    {
        Hash256 dam = ReadHash(ref reader, "dam"u8);
        if (ReadText(ref reader, "kind"u8) != SnapshotKind)
            RefuseKind(ref reader);
        Hash256 root = ReadHash(ref reader, "root"u8);
        long size = ReadSize(ref reader, "size"u8);
        long time = ReadSize(ref reader, "time"u8);
        long number = ReadSize(ref reader, "number"u8);
        Hash256 current = ReadHash(ref reader, "current"u8);
        var published = new List<Hash256>();
        if (reader.TryReadKey("published"u8) && reader.TryReadArrayStart(out int count)
            && (count <= AudienceCountMax || reader.Refuse("record-audiences", "published", "Too many audiences.")))
            ReadCommitments(ref reader, count, published);
        return reader.Error.IsNone ? new Snapshot(number, size, root, published, dam, current, time) : null;
    }

    private static void ReadCommitments(ref CborReader reader, int count, List<Hash256> commitments)
    {
        for (int i = 0; i < count && reader.TryReadHash(out Hash256 commitment); i++)
        {
            if (i > 0 && commitment <= commitments[^1])
                reader.Refuse("record-order", "published", "Commitments do not ascend.");
            commitments.Add(commitment);
        }
    }

    private static Hash256 ReadHash(ref CborReader reader, ReadOnlySpan<byte> key)
    {
        Hash256 hash = default;
        return reader.TryReadKey(key) && reader.TryReadHash(out hash) ? hash : default;
    }

    private static string ReadText(ref CborReader reader, ReadOnlySpan<byte> key)
    {
        string text = "";
        return reader.TryReadKey(key) && reader.TryReadText(AudienceBytesMax, out text) ? text : "";
    }

    private static long ReadSize(ref CborReader reader, ReadOnlySpan<byte> key)
    {
        long size = 0;
        return reader.TryReadKey(key) && reader.TryReadSize(out size) ? size : 0;
    }

    private static PublicRecord? RefuseKind(ref CborReader reader)
    {
        reader.Refuse("record-kind", "kind", "Not a kind of public record with these fields.");
        return null;
    }

    private static void WriteSnapshot(CborWriter writer, Snapshot body)
    {
        if (body.Published.Count > AudienceCountMax)
            throw new InvalidOperationException($"a snapshot commits to at most {AudienceCountMax} audiences");
        writer.WriteMapStart(8);
        WriteHash(writer, "dam", body.DamHash);
        WriteKind(writer, SnapshotKind);
        WriteHash(writer, "root", body.Root);
        WriteSize(writer, "size", body.Size);
        WriteSize(writer, "time", body.TimeUnixMs);
        WriteSize(writer, "number", body.Number);
        WriteHash(writer, "current", body.Current);
        writer.WriteKey("published");
        writer.WriteArrayStart(body.Published.Count);
        foreach (Hash256 commitment in body.Published)
            writer.WriteBytes(commitment.AsSpan());
    }

    private static void WriteKeyAndKind(CborWriter writer, ArtifactKey key, string kind)
    {
        WriteHash(writer, "key", key.Hash);
        WriteKind(writer, kind);
    }

    private static void WriteAudience(CborWriter writer, string audience)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(audience) is 0 or > AudienceBytesMax)
            throw new InvalidOperationException($"an audience has a name of 1 to {AudienceBytesMax} bytes");
        writer.WriteKey("audience");
        writer.WriteText(audience);
    }

    private static void WriteKind(CborWriter writer, string kind)
    {
        writer.WriteKey("kind");
        writer.WriteText(kind);
    }

    private static void WriteHash(CborWriter writer, string key, Hash256 hash)
    {
        writer.WriteKey(key);
        writer.WriteBytes(hash.AsSpan());
    }

    private static void WriteSize(CborWriter writer, string key, long value)
    {
        writer.WriteKey(key);
        writer.WriteUInt(checked((ulong)value));
    }
}
