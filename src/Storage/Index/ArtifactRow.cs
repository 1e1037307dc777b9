using System.Buffers.Binary;
using System.Text;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Index;

/// <summary>
/// An artifact as a value of the index, little-endian:
/// <code>
/// 0   32 content       32 32 BLAKE3 of the entry    64  8 size           72  8 created     80 8 record number
/// 88   8 position      96  4 record length          100 1 flags: 1 evicted, 2 removed, 4 has a tenant,
///                                               8 refers to other artifacts in the clear
/// 101    if removed: 8 when; then texts, each length (1) and UTF-8: type, brane, audience, tenant if any; then the
///        count (1) of audiences it is published to, and those
/// </code>
/// </summary>
internal static class ArtifactRow
{
    /// <summary>Audiences one artifact may be published to, so that its row fits a page.</summary>
    public const int PublishedMax = 24;

    /// <summary>Longest text of a row in bytes.</summary>
    public const int TextMax = 128;

    /// <summary>Longest row in bytes: four texts and the audiences.</summary>
    public const int SizeMax = Fixed + 8 + 1 + (TextMax + 1) * (4 + PublishedMax);

    private const int Fixed = 101;
    private const byte Evicted = 1;
    private const byte Removed = 2;
    private const byte HasTenant = 4;
    private const byte HasRefs = 8;

    /// <summary>Writes a row; returns its length.</summary>
    /// <param name="record">The artifact.</param>
    /// <param name="span">At least <see cref="SizeMax"/> bytes.</param>
    public static int Encode(ArtifactRecord record, Span<byte> span)
    {
        record.Content.Hash.CopyTo(span);
        record.EntryHash.CopyTo(span[32..]);
        BinaryPrimitives.WriteInt64LittleEndian(span[64..], record.Size);
        BinaryPrimitives.WriteInt64LittleEndian(span[72..], record.CreatedMs);
        BinaryPrimitives.WriteInt64LittleEndian(span[80..], record.Spot.Number);
        BinaryPrimitives.WriteInt64LittleEndian(span[88..], record.Spot.Position);
        BinaryPrimitives.WriteInt32LittleEndian(span[96..], record.Spot.Length);
        span[100] = (byte)((record.IsEvicted ? Evicted : 0) | (record.IsLive ? 0 : Removed)
            | (record.Tenant is null ? 0 : HasTenant) | (record.HasRefs ? HasRefs : 0));
        var at = Fixed;
        if (record.RemovedMs is { } removed)
        {
            BinaryPrimitives.WriteInt64LittleEndian(span[at..], removed);
            at += 8;
        }

        Write(span, ref at, record.Type);
        Write(span, ref at, record.Brane);
        Write(span, ref at, record.Audience);
        if (record.Tenant is { } tenant)
        {
            Write(span, ref at, tenant);
        }

        span[at++] = (byte)record.Published.Count;
        foreach (var audience in record.Published)
        {
            Write(span, ref at, audience);
        }

        return at;
    }

    public static ArtifactRecord Decode(ArtifactKey key, DomainId domain, ReadOnlySpan<byte> row)
    {
        var flags = row[100];
        var at = Fixed;
        long? removed = null;
        if ((flags & Removed) != 0)
        {
            removed = BinaryPrimitives.ReadInt64LittleEndian(row[at..]);
            at += 8;
        }

        var record = new ArtifactRecord
        {
            Key = key,
            Domain = domain,
            Content = ContentId.From(Hash256.From(row[..32])),
            EntryHash = Hash256.From(row.Slice(32, 32)),
            Size = BinaryPrimitives.ReadInt64LittleEndian(row[64..]),
            CreatedMs = BinaryPrimitives.ReadInt64LittleEndian(row[72..]),
            Spot = new LogSpot(
                BinaryPrimitives.ReadInt64LittleEndian(row[80..]), BinaryPrimitives.ReadInt64LittleEndian(row[88..]),
                BinaryPrimitives.ReadInt32LittleEndian(row[96..])),
            IsEvicted = (flags & Evicted) != 0,
            HasRefs = (flags & HasRefs) != 0,
            RemovedMs = removed,
            Type = Read(row, ref at),
            Brane = Read(row, ref at),
            Audience = Read(row, ref at),
            Tenant = (flags & HasTenant) == 0 ? null : Read(row, ref at),
        };
        for (var left = row[at++]; left > 0; left--)
        {
            record.Published.Add(Read(row, ref at));
        }

        return record;
    }

    /// <summary>BLAKE3 of the entry.</summary>
    public static Hash256 EntryHashOf(ReadOnlySpan<byte> row) => Hash256.From(row.Slice(32, 32));

    /// <summary>The audience in UTF-8: a part of the row.</summary>
    public static ReadOnlySpan<byte> AudienceOf(ReadOnlySpan<byte> row)
    {
        var at = (row[100] & Removed) == 0 ? Fixed : Fixed + sizeof(long);
        at += 1 + row[at]; // type
        at += 1 + row[at]; // brane
        return row.Slice(at + 1, row[at]);
    }

    private static void Write(Span<byte> row, ref int at, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, row[(at + 1)..]);
        row[at] = checked((byte)length);
        at += 1 + length;
    }

    private static string Read(ReadOnlySpan<byte> row, ref int at)
    {
        var text = Encoding.UTF8.GetString(row.Slice(at + 1, row[at]));
        at += 1 + row[at];
        return text;
    }
}
