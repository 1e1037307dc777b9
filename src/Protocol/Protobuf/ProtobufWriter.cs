using System.Text;

namespace Omega.P2P.Protocol.Protobuf;

/// <summary>Builds one protobuf message; fields leave in the order of the calls. Nested messages are written as the
/// bytes of another writer.</summary>
/// <param name="capacity">Bytes to make room for at first; it grows.</param>
public sealed class ProtobufWriter(int capacity = 128)
{
    private byte[] _buffer = new byte[capacity];
    private int _length;

    /// <summary>What was written so far; valid until the next call.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>A varint field.</summary>
    public ProtobufWriter Number(int field, ulong value)
    {
        Varint((ulong)field << 3);
        Varint(value);
        return this;
    }

    /// <summary>A bytes field, also when empty.</summary>
    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | (ulong)ProtobufWireType.Bytes);
        Varint((ulong)value.Length);
        value.CopyTo(Grow(value.Length));
        return this;
    }

    /// <summary>A string field, as UTF-8.</summary>
    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A copy of the message.</summary>
    public byte[] ToArray() => Written.ToArray();

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Grow(1)[0] = (byte)((value & 0x7f) | 0x80);
            value >>= 7;
        }

        Grow(1)[0] = (byte)value;
    }

    private Span<byte> Grow(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }
}
