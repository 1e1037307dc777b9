using System.Diagnostics.CodeAnalysis;
using System.Text;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>Why bytes are not a dag-pb node.</summary>
public enum DagPbError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>Longer than <see cref="IpfsLimits.BlockBytes"/>.</summary>
    TooLong,

    /// <summary>Not protobuf.</summary>
    NotProtobuf,

    /// <summary>A field or wire type that dag-pb does not have.</summary>
    UnknownField,

    /// <summary>Fields twice, links in two places, or the fields of a link out of order.</summary>
    FieldOrder,

    /// <summary>A link without a CID, or with bytes that are none.</summary>
    BadCid,

    /// <summary>A link's name that is not UTF-8.</summary>
    BadName,

    /// <summary>More than <see cref="IpfsLimits.Links"/>.</summary>
    TooManyLinks,
}

/// <summary>One link of a dag-pb node.</summary>
/// <param name="Hash">What it leads to.</param>
/// <param name="Name">Null when absent, which is not the same as empty.</param>
/// <param name="Tsize">Bytes of everything below, as its maker says; null when absent. Believed by nobody.</param>
public sealed record DagPbLink(Cid Hash, string? Name, ulong? Tsize);

/// <summary>
/// A node of the dag-pb codec (multicodec 0x70; ipld.io/specs/codecs/dag-pb):
/// <code>
/// PBNode  2 Links repeated PBLink, then 1 Data bytes      (links first, though their number is higher)
/// PBLink  1 Hash bytes (CID), 2 Name string, 3 Tsize uint64
/// </code>
/// Links are written sorted by the bytes of their names, equal names in the order given. Read are both orders of the
/// two fields, as the specification wants for the sake of old data; everything else that is not the one form is
/// refused.
/// </summary>
/// <param name="Links">In order.</param>
/// <param name="Data">Null when absent, which is not the same as empty. The memory must not change.</param>
public sealed record DagPbNode(IReadOnlyList<DagPbLink> Links, ReadOnlyMemory<byte>? Data)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The one form.</summary>
    public byte[] Encode()
    {
        var writer = new ProtobufWriter();
        foreach (var link in Links.OrderBy(link => link, ByName.Instance))
        {
            var inner = new ProtobufWriter().Bytes(1, link.Hash.Bytes);
            if (link.Name is not null)
                inner.Text(2, link.Name);
            if (link.Tsize is { } size)
                inner.Number(3, size);
            writer.Bytes(2, inner.Written);
        }

        if (Data is { } data)
            writer.Bytes(1, data.Span);
        return writer.ToArray();
    }

    /// <summary>Reads a node; the bytes are copied.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DagPbNode? node, out DagPbError error)
    {
        node = null;
        error = bytes.Length > IpfsLimits.BlockBytes ? DagPbError.TooLong : DagPbError.None;
        if (error != DagPbError.None)
            return false;
        var links = new List<DagPbLink>();
        byte[]? data = null;
        var afterData = false;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.IsBytes(1))
            {
                if (data is not null)
                    return Refuse(DagPbError.FieldOrder, out error);
                data = reader.Bytes.ToArray();
                afterData = links.Count > 0;
            }
            else if (reader.IsBytes(2))
            {
                if (afterData)
                    return Refuse(DagPbError.FieldOrder, out error);
                if (links.Count == IpfsLimits.Links)
                    return Refuse(DagPbError.TooManyLinks, out error);
                if (!TryDecodeLink(reader.Bytes, out var link, out error))
                    return false;
                links.Add(link);
            }
            else
            {
                return Refuse(DagPbError.UnknownField, out error);
            }
        }

        if (reader.Error != ProtobufError.None)
            return Refuse(DagPbError.NotProtobuf, out error);
        node = new DagPbNode(links, data is null ? null : (ReadOnlyMemory<byte>?)data);
        return true;
    }

    private static bool TryDecodeLink(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DagPbLink? link, out DagPbError error)
    {
        link = null;
        error = DagPbError.None;
        Cid? hash = null;
        string? name = null;
        ulong? size = null;
        var last = 0;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (!reader.IsBytes(1) && !reader.IsBytes(2)
                && reader is not { Field: 3, WireType: ProtobufWireType.Varint })
                return Refuse(DagPbError.UnknownField, out error);
            if (reader.Field <= last)
                return Refuse(DagPbError.FieldOrder, out error);
            last = reader.Field;
            if (last == 1 && !Cid.TryFromBytes(reader.Bytes, out hash))
                return Refuse(DagPbError.BadCid, out error);
            if (last == 2 && !TryText(reader.Bytes, out name))
                return Refuse(DagPbError.BadName, out error);
            if (last == 3)
                size = reader.Number;
        }

        if (reader.Error != ProtobufError.None)
            return Refuse(DagPbError.NotProtobuf, out error);
        if (hash is null)
            return Refuse(DagPbError.BadCid, out error);
        link = new DagPbLink(hash, name, size);
        return true;
    }

    private static bool TryText(ReadOnlySpan<byte> utf8, out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(utf8) ? StrictUtf8.GetString(utf8) : null;
        return text is not null;
    }

    private static bool Refuse(DagPbError reason, out DagPbError error)
    {
        error = reason;
        return false;
    }

    /// <summary>By the bytes of the name; absent counts as empty.</summary>
    private sealed class ByName : IComparer<DagPbLink>
    {
        public static readonly ByName Instance = new();

        public int Compare(DagPbLink? x, DagPbLink? y) => Bytes(x).AsSpan().SequenceCompareTo(Bytes(y));

        private static byte[] Bytes(DagPbLink? link) => Encoding.UTF8.GetBytes(link?.Name ?? "");
    }
}
