using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>Why bytes are not a bitswap message.</summary>
public enum BitswapError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>Longer than <see cref="IpfsLimits.MessageBytes"/>.</summary>
    TooLong,

    /// <summary>Not protobuf.</summary>
    NotProtobuf,

    /// <summary>A known field with another wire type.</summary>
    WrongType,

    /// <summary>A want or presence without a CID, or with bytes that are none.</summary>
    BadCid,

    /// <summary>A block over <see cref="IpfsLimits.BlockBytes"/>, or with a prefix over
    /// <see cref="IpfsLimits.CidBytes"/>.</summary>
    BadBlock,

    /// <summary>More wants, presences or blocks than their bounds.</summary>
    TooMany,
}

/// <summary>Reading, total: any bytes give a message or one error.</summary>
public sealed partial record BitswapMessage
{
    /// <summary>Reads a message. The memory of blocks is that of <paramref name="bytes"/>.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out BitswapMessage? message, out BitswapError error)
    {
        message = null;
        var draft = new Draft(bytes);
        error = bytes.Length > IpfsLimits.MessageBytes ? BitswapError.TooLong : draft.Read();
        if (error != BitswapError.None)
            return false;
        message = new BitswapMessage
        {
            Wants = draft.Wants,
            IsFull = draft.IsFull,
            Blocks = draft.Blocks,
            Presences = draft.Presences,
            PendingBytes = draft.PendingBytes,
        };
        return true;
    }

    private sealed class Draft(ReadOnlyMemory<byte> bytes)
    {
        public List<BitswapWant> Wants { get; } = [];

        public bool IsFull { get; private set; }

        public List<BitswapBlock> Blocks { get; } = [];

        public List<BitswapPresence> Presences { get; } = [];

        public int PendingBytes { get; private set; }

        public BitswapError Read()
        {
            var reader = new ProtobufReader(bytes.Span);
            while (reader.Next())
            {
                var error = (reader.Field, reader.WireType) switch
                {
                    (1, ProtobufWireType.Bytes) => ReadWants(reader.Bytes),
                    (3, ProtobufWireType.Bytes) => ReadBlock(reader.Bytes),
                    (4, ProtobufWireType.Bytes) => ReadPresence(reader.Bytes),
                    (5, ProtobufWireType.Varint) => ReadPending(reader.Number),
                    (1 or 3 or 4 or 5, _) => BitswapError.WrongType,
                    _ => BitswapError.None,
                };
                if (error != BitswapError.None)
                    return error;
            }

            return reader.Error == ProtobufError.None ? BitswapError.None : BitswapError.NotProtobuf;
        }

        private BitswapError ReadWants(ReadOnlySpan<byte> list)
        {
            var reader = new ProtobufReader(list);
            while (reader.Next())
            {
                if (reader is { Field: 2, WireType: ProtobufWireType.Varint })
                {
                    IsFull = reader.Number != 0;
                    continue;
                }

                if (reader.Field is 1 or 2 && !reader.IsBytes(1))
                    return BitswapError.WrongType;
                if (reader.Field != 1)
                    continue;
                if (Wants.Count == IpfsLimits.Entries)
                    return BitswapError.TooMany;
                var error = ReadWant(reader.Bytes);
                if (error != BitswapError.None)
                    return error;
            }

            return reader.Error == ProtobufError.None ? BitswapError.None : BitswapError.NotProtobuf;
        }

        private BitswapError ReadWant(ReadOnlySpan<byte> entry)
        {
            Cid? cid = null;
            var priority = 1;
            var (cancel, have, dontHave) = (false, false, false);
            var reader = new ProtobufReader(entry);
            while (reader.Next())
            {
                if (reader.Field is < 1 or > 5)
                    continue;
                if (reader.WireType != (reader.Field == 1 ? ProtobufWireType.Bytes : ProtobufWireType.Varint))
                    return BitswapError.WrongType;
                switch (reader.Field)
                {
                    case 1:
                        if (!TryCid(reader.Bytes, out cid))
                            return BitswapError.BadCid;
                        break;
                    case 2:
                        priority = unchecked((int)reader.Number);
                        break;
                    case 3:
                        cancel = reader.Number != 0;
                        break;
                    case 4:
                        have = reader.Number != 0;
                        break;
                    default:
                        dontHave = reader.Number != 0;
                        break;
                }
            }

            if (reader.Error != ProtobufError.None)
                return BitswapError.NotProtobuf;
            if (cid is null)
                return BitswapError.BadCid;
            Wants.Add(new BitswapWant(cid, priority, cancel, have, dontHave));
            return BitswapError.None;
        }

        private BitswapError ReadBlock(ReadOnlySpan<byte> entry)
        {
            if (Blocks.Count == IpfsLimits.Blocks)
                return BitswapError.TooMany;
            ReadOnlyMemory<byte> prefix = default, data = default;
            var reader = new ProtobufReader(entry);
            while (reader.Next())
            {
                if (reader.Field is < 1 or > 2)
                    continue;
                if (reader.WireType != ProtobufWireType.Bytes)
                    return BitswapError.WrongType;
                if (reader.Bytes.Length > (reader.Field == 1 ? IpfsLimits.CidBytes : IpfsLimits.BlockBytes))
                    return BitswapError.BadBlock;
                if (reader.Field == 1)
                    prefix = Inside(reader.Bytes);
                else
                    data = Inside(reader.Bytes);
            }

            if (reader.Error != ProtobufError.None)
                return BitswapError.NotProtobuf;
            Blocks.Add(new BitswapBlock(prefix, data));
            return BitswapError.None;
        }

        private BitswapError ReadPresence(ReadOnlySpan<byte> entry)
        {
            if (Presences.Count == IpfsLimits.Entries)
                return BitswapError.TooMany;
            Cid? cid = null;
            var has = true;
            var reader = new ProtobufReader(entry);
            while (reader.Next())
            {
                if (reader.Field is < 1 or > 2)
                    continue;
                if (reader.WireType != (reader.Field == 1 ? ProtobufWireType.Bytes : ProtobufWireType.Varint))
                    return BitswapError.WrongType;
                if (reader.Field == 2)
                    has = reader.Number == 0;
                else if (!TryCid(reader.Bytes, out cid))
                    return BitswapError.BadCid;
            }

            if (reader.Error != ProtobufError.None)
                return BitswapError.NotProtobuf;
            if (cid is null)
                return BitswapError.BadCid;
            Presences.Add(new BitswapPresence(cid, has));
            return BitswapError.None;
        }

        private BitswapError ReadPending(ulong number)
        {
            // An int32; the negative ones, which mean nothing, count as none.
            PendingBytes = Math.Max(0, unchecked((int)number));
            return BitswapError.None;
        }

        private static bool TryCid(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Cid? cid)
        {
            cid = null;
            return bytes.Length <= IpfsLimits.CidBytes && Cid.TryFromBytes(bytes, out cid);
        }

        /// <summary>The part of the whole message that a span of it is.</summary>
        private ReadOnlyMemory<byte> Inside(ReadOnlySpan<byte> part) =>
            bytes.Span.Overlaps(part, out var offset) ? bytes.Slice(offset, part.Length) : default;
    }
}
