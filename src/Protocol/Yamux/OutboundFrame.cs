using System.Buffers;

namespace Omega.P2P.Protocol.Yamux;

/// <summary>
/// Memory of one data frame that is filled outside the session it will leave by. Default is none. It has one owner, who
/// ends it at its session or returns it.
/// </summary>
public readonly struct OutboundFrame
{
    private readonly byte[]? _rented;
    private readonly int _start;
    private readonly int _length;

    internal OutboundFrame(byte[] rented, int start, int length) =>
        (_rented, _start, _length) = (rented, start, length);

    /// <summary>Whether there is a frame.</summary>
    public bool IsRented => _rented is not null;

    /// <summary>Where the content goes, from the front.</summary>
    public Span<byte> Room => _rented.AsSpan(_start, _length);

    internal byte[] Array => _rented!; // asked for of a rented frame only

    internal Span<byte> Header => _rented.AsSpan(_start - YamuxHeader.Bytes, YamuxHeader.Bytes);

    internal ReadOnlySpan<byte> Whole(int length) => _rented.AsSpan(_start - YamuxHeader.Bytes, length);

    /// <summary>Gives the memory back unused.</summary>
    public void Return()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
