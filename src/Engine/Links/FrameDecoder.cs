using System.Buffers;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Engine.Links;

/// <summary>
/// Cuts one direction of a stream into frames: an unsigned varint length and that many payload bytes. Memory grows with
/// the bytes that came, never with the length that was claimed.
/// </summary>
/// <param name="bytesMax">Longest payload.</param>
internal sealed class FrameDecoder(int bytesMax = OmegaLimits.FrameBytes)
{
    private const int FirstAllocation = 4096;

    private readonly byte[] _prefix = new byte[Varint.LengthMax];
    private int _prefixLength;
    private int _wanted = -1;
    private ArrayBufferWriter<byte>? _payload;

    /// <summary>Memory that an unfinished frame takes.</summary>
    public int HeldBytes => _payload?.Capacity ?? 0;

    /// <summary>Whether bytes of an unfinished frame are held.</summary>
    public bool IsInsideFrame => _prefixLength > 0 || _wanted >= 0;

    /// <summary>
    /// Takes bytes up to the end of the current frame. False when the framing is broken; the stream is then useless.
    /// </summary>
    /// <param name="bytes">What arrived.</param>
    /// <param name="consumed">How many of them were taken.</param>
    /// <param name="frame">A whole payload, or null when more bytes are needed.</param>
    public bool TryPush(ReadOnlySpan<byte> bytes, out int consumed, out byte[]? frame)
    {
        consumed = 0;
        frame = null;
        while (_wanted < 0)
        {
            if (consumed == bytes.Length) return true;
            _prefix[_prefixLength++] = bytes[consumed++];
            switch (Varint.TryRead(_prefix.AsSpan(0, _prefixLength), out var length, out _))
            {
                case VarintStatus.NeedMore:
                    continue;
                case VarintStatus.Done when length <= (ulong)bytesMax:
                    _wanted = (int)length;
                    _payload = new ArrayBufferWriter<byte>(Math.Clamp(_wanted, 1, FirstAllocation));
                    break;
                default:
                    return false;
            }
        }

        var take = Math.Min(_wanted - _payload!.WrittenCount, bytes.Length - consumed);
        _payload.Write(bytes.Slice(consumed, take));
        consumed += take;
        if (_payload.WrittenCount < _wanted) return true;
        frame = _payload.WrittenSpan.ToArray();
        (_wanted, _prefixLength, _payload) = (-1, 0, null);
        return true;
    }
}
