using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>What a UnixFS node is; the numbers are the format's.</summary>
public enum UnixFsKind
{
    /// <summary>Bytes of a file: an old form of a leaf.</summary>
    Raw = 0,

    /// <summary>Names and what they lead to.</summary>
    Directory = 1,

    /// <summary>A file or a part of one.</summary>
    File = 2,

    /// <summary>Not in use.</summary>
    Metadata = 3,

    /// <summary>A symbolic link.</summary>
    Symlink = 4,

    /// <summary>A part of a large directory.</summary>
    HamtShard = 5,
}

/// <summary>
/// The Data of a dag-pb node that is UnixFS v1 (specs.ipfs.tech/unixfs):
/// <code>
/// 1 Type enum, 2 Data bytes, 3 filesize uint64, 4 blocksizes repeated uint64, 5 hashType, 6 fanout, 7 mode, 8 mtime
/// </code>
/// Fields 5, 7 and 8 are passed over: a file's bytes do not depend on them. The fan-out counts in a sharded folder
/// only.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Data">Bytes that come before those of the links; empty when absent.</param>
/// <param name="FileSize">Bytes of the file below this node; null when absent.</param>
/// <param name="BlockSizes">Bytes of the file below each link, in the links' order.</param>
public sealed record UnixFsNode(
    UnixFsKind Kind, ReadOnlyMemory<byte> Data, ulong? FileSize, IReadOnlyList<ulong> BlockSizes)
{
    /// <summary>Hex digits before the names in a sharded folder: 2 for the usual fan-out of 256; null where the fan-out
    /// is no power of two from 2 to 65,536.</summary>
    public int? ShardDigits { get; private init; }

    /// <summary>The form that boxo writes: no Data field when it is empty, block sizes unpacked.</summary>
    public byte[] Encode()
    {
        var writer = new ProtobufWriter().Number(1, (ulong)Kind);
        if (!Data.IsEmpty)
            writer.Bytes(2, Data.Span);
        if (FileSize is { } size)
            writer.Number(3, size);
        foreach (var part in BlockSizes)
            writer.Number(4, part);
        return writer.ToArray();
    }

    /// <summary>Reads a node; the bytes are copied. False for what is not UnixFS, or more block sizes than
    /// <see cref="IpfsLimits.Links"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out UnixFsNode? node)
    {
        node = null;
        ulong? kind = null;
        ulong? size = null;
        ulong fanOut = 0;
        byte[] data = [];
        var parts = new List<ulong>();
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field, reader.WireType)
            {
                case (1, ProtobufWireType.Varint):
                    kind = reader.Number;
                    break;
                case (2, ProtobufWireType.Bytes):
                    data = reader.Bytes.ToArray();
                    break;
                case (3, ProtobufWireType.Varint):
                    size = reader.Number;
                    break;
                case (4, ProtobufWireType.Varint):
                    parts.Add(reader.Number);
                    break;
                case (4, ProtobufWireType.Bytes):
                    if (!TryAddPacked(reader.Bytes, parts))
                        return false;
                    break;
                case (6, ProtobufWireType.Varint):
                    fanOut = reader.Number;
                    break;
                case ( <= 4, _):
                    return false;
                default:
                    break; // hash type, mode and time: nothing a file's bytes depend on
            }

            if (parts.Count > IpfsLimits.Links)
                return false;
        }

        if (reader.Error != ProtobufError.None || kind is not { } known || known > (ulong)UnixFsKind.HamtShard)
            return false;
        node = new UnixFsNode((UnixFsKind)known, data, size, parts)
        {
            ShardDigits = fanOut is >= 2 and <= 65_536 && BitOperations.IsPow2(fanOut)
                ? (BitOperations.Log2(fanOut) + 3) / 4
                : null,
        };
        return true;
    }

    /// <summary>Numbers one after the other in one field, as newer protobuf writers pack them.</summary>
    private static bool TryAddPacked(ReadOnlySpan<byte> packed, List<ulong> parts)
    {
        ulong value = 0;
        var shift = 0;
        foreach (var part in packed)
        {
            if (shift == 63 && part > 1)
                return false;
            value |= (ulong)(part & 0x7f) << shift;
            if (part >= 0x80)
            {
                shift += 7;
                if (shift > 63)
                    return false;
                continue;
            }

            parts.Add(value);
            if (parts.Count > IpfsLimits.Links)
                return false;
            (value, shift) = (0, 0);
        }

        return shift == 0;
    }
}
