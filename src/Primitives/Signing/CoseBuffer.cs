using System.Buffers;
using Omega.P2P.Primitives.Cbor;

namespace Omega.P2P.Primitives.Signing;

/// <summary>Writes the few CBOR items that COSE needs; its maps have numbers as keys, which DAG-CBOR forbids.</summary>
internal readonly struct CoseBuffer(int capacity)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    public void Head(int major, int argument)
    {
        Span<byte> head = _buffer.GetSpan(CborHead.LengthMax);
        _buffer.Advance(CborHead.Write(major, (ulong)argument, head));
    }

    public void Bytes(ReadOnlySpan<byte> content)
    {
        Head(major: 2, content.Length);
        _buffer.Write(content);
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        Head(major: 3, utf8.Length);
        _buffer.Write(utf8);
    }

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();
}
