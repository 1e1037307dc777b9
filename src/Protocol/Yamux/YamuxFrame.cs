using System.Buffers.Binary;

namespace Omega.P2P.Protocol.Yamux;

/// <summary>What a frame is about (byte 1 of its header).</summary>
internal enum YamuxFrameKind : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}

/// <summary>Bits of bytes 2 and 3 of a header.</summary>
[Flags]
internal enum YamuxFlags : ushort
{
    None = 0,
    Syn = 1,
    Ack = 2,
    Fin = 4,
    Rst = 8,
    All = Syn | Ack | Fin | Rst,
}

/// <summary>
/// The 12-byte header before every yamux frame (yamux specification, framing), big-endian:
/// <code>
/// 0   version, 0
/// 1   kind
/// 2   flags, 2 bytes
/// 4   stream id, 4 bytes (0 is the session)
/// 8   length, 4 bytes: payload bytes, window delta, ping value or go-away code
/// </code>
/// </summary>
internal readonly record struct YamuxHeader(YamuxFrameKind Kind, YamuxFlags Flags, uint StreamId, uint Length)
{
    public const int Bytes = 12;

    public void Write(Span<byte> target)
    {
        target[0] = 0;
        target[1] = (byte)Kind;
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], Length);
    }

    public static YamuxError TryRead(ReadOnlySpan<byte> bytes, out YamuxHeader header)
    {
        var flags = (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        header = new YamuxHeader(
            (YamuxFrameKind)bytes[1],
            flags,
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        return bytes[0] != 0 ? YamuxError.UnsupportedVersion
            : bytes[1] > (byte)YamuxFrameKind.GoAway ? YamuxError.UnknownKind
            : (flags & ~YamuxFlags.All) != 0 ? YamuxError.UnknownFlags
            : YamuxError.None;
    }
}
