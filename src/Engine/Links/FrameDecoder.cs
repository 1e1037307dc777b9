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
    private const int FirstPiece = 4096;

    /// <summary>Growth by pieces that the garbage collector clears at once: doubling would leave large objects behind,
    /// and a stranger's unfinished frames would cost several times what they hold.</summary>
    private const int PieceMax = 64 * 1024;

    private readonly byte[] _prefix = new byte[Varint.LengthMax];
    private int _prefixLength;
    private int _wanted = -1;
    private List<byte[]>? _pieces;
    private int _written;

    /// <summary>Memory that an unfinished frame takes.</summary>
    public int HeldBytes { get; private set; }

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
                    (_pieces, _written, HeldBytes) = ([], 0, 0);
                    break;
                default:
                    return false;
            }
        }

        var take = Math.Min(_wanted - _written, bytes.Length - consumed);
        if (take == _wanted)
        {
            frame = bytes.Slice(consumed, take).ToArray(); // whole in one go
        }
        else
        {
            Append(bytes.Slice(consumed, take));
            if (_written == _wanted) frame = Join();
        }

        consumed += take;
        if (frame is not null) (_wanted, _prefixLength, _pieces, HeldBytes) = (-1, 0, null, 0);
        return true;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var left = HeldBytes - _written;
            if (left == 0)
            {
                left = Math.Min(_wanted - _written, HeldBytes == 0 ? FirstPiece : PieceMax);
                _pieces!.Add(new byte[left]);
                HeldBytes += left;
            }

            var piece = _pieces![^1];
            var take = Math.Min(left, bytes.Length);
            bytes[..take].CopyTo(piece.AsSpan(piece.Length - left));
            bytes = bytes[take..];
            _written += take;
        }
    }

    private byte[] Join()
    {
        var frame = GC.AllocateUninitializedArray<byte>(_wanted);
        var at = 0;
        foreach (var piece in _pieces!)
        {
            piece.CopyTo(frame, at);
            at += piece.Length;
        }

        return frame;
    }
}
