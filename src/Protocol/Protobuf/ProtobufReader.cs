using System.Buffers.Binary;

namespace Omega.P2P.Protocol.Protobuf;

/// <summary>The wire types of protocol buffers that are in use; groups (3, 4) are refused.</summary>
public enum ProtobufWireType
{
    /// <summary>A varint of up to ten bytes.</summary>
    Varint = 0,

    /// <summary>Eight bytes, little-endian.</summary>
    Fixed64 = 1,

    /// <summary>A varint length, then so many bytes.</summary>
    Bytes = 2,

    /// <summary>Four bytes, little-endian.</summary>
    Fixed32 = 5,
}

/// <summary>Why bytes are not a protobuf message.</summary>
public enum ProtobufError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The message ends inside a field.</summary>
    Truncated,

    /// <summary>A varint over ten bytes or over 64 bits.</summary>
    InvalidVarint,

    /// <summary>Field number 0 or over 2^29 - 1.</summary>
    InvalidFieldNumber,

    /// <summary>A group or an unassigned wire type.</summary>
    InvalidWireType,
}

/// <summary>
/// Walks the fields of one protobuf message in place. Total: any bytes give fields or one <see cref="Error"/>; nothing
/// is allocated and no nesting is followed. Unknown fields are simply not asked about.
/// Source: protobuf.dev, encoding.
/// </summary>
public ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The first thing wrong, or <see cref="ProtobufError.None"/>; sticky.</summary>
    public ProtobufError Error { get; private set; }

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Wire type of the current field.</summary>
    public ProtobufWireType WireType { get; private set; }

    /// <summary>The number of a varint or fixed field; for bytes their count.</summary>
    public ulong Number { get; private set; }

    /// <summary>The content of a bytes field; empty for the others.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Goes to the next field; false at the end and on an error.</summary>
    public bool Next()
    {
        Bytes = default;
        if (_rest.IsEmpty || Error != ProtobufError.None || !TryVarint(out var tag))
        {
            return false;
        }

        if (tag >> 3 is 0 or >= 1 << 29)
        {
            return Fail(ProtobufError.InvalidFieldNumber);
        }

        Field = (int)(tag >> 3);
        WireType = (ProtobufWireType)(tag & 7);
        return WireType switch
        {
            ProtobufWireType.Varint => TryNumber(),
            ProtobufWireType.Fixed64 => TryFixed(8),
            ProtobufWireType.Bytes => TryBytes(),
            ProtobufWireType.Fixed32 => TryFixed(4),
            _ => Fail(ProtobufError.InvalidWireType),
        };
    }

    /// <summary>Whether the current field is <paramref name="field"/> and holds bytes.</summary>
    public readonly bool IsBytes(int field) => Field == field && WireType == ProtobufWireType.Bytes;

    private bool TryNumber()
    {
        var read = TryVarint(out var number);
        Number = number;
        return read;
    }

    private bool TryBytes()
    {
        if (!TryNumber())
        {
            return false;
        }

        if (Number > (ulong)_rest.Length)
        {
            return Fail(ProtobufError.Truncated);
        }

        Bytes = _rest[..(int)Number];
        _rest = _rest[(int)Number..];
        return true;
    }

    private bool TryFixed(int length)
    {
        if (_rest.Length < length)
        {
            return Fail(ProtobufError.Truncated);
        }

        Number = length == 4
            ? BinaryPrimitives.ReadUInt32LittleEndian(_rest)
            : BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[length..];
        return true;
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < 10; i++)
        {
            if (i == _rest.Length)
            {
                return Fail(ProtobufError.Truncated);
            }

            var part = _rest[i];
            if (i == 9 && part > 1)
            {
                return Fail(ProtobufError.InvalidVarint);
            }

            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return Fail(ProtobufError.InvalidVarint);
    }

    private bool Fail(ProtobufError error)
    {
        Error = error;
        return false;
    }
}
