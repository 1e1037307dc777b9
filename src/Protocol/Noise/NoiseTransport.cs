using System.Buffers;
using System.Buffers.Binary;
using Omega.P2P.Protocol.Buffers;

namespace Omega.P2P.Protocol.Noise;

/// <summary>
/// The channel after the handshake. One frame on the wire:
/// <code>length, 2 bytes big-endian | ciphertext | 16-byte tag      (length counts ciphertext and tag, 16 to 65,535)
/// </code>
/// Sending seals in place (<see cref="IFrameSealer"/>); receiving opens a frame straight from the input when it is
/// whole there, and keeps at most one partial frame in a pooled buffer otherwise. Not thread-safe.
/// </summary>
public sealed class NoiseTransport : IFrameSealer, IDisposable
{
    private const int LengthBytes = 2;

    /// <summary>The longest plaintext a frame can carry: what the caller's buffer must hold.</summary>
    public const int PlaintextBytesMax = ushort.MaxValue - NoiseCipher.TagBytes;

    private readonly NoiseCipher _sending;
    private readonly NoiseCipher _receiving;
    private byte[]? _partial;
    private int _partialFilled;

    internal NoiseTransport(NoiseCipher sending, NoiseCipher receiving)
    {
        _sending = sending;
        _receiving = receiving;
    }

    /// <inheritdoc/>
    public int HeadBytes => LengthBytes;

    /// <inheritdoc/>
    public int TailBytes => NoiseCipher.TagBytes;

    /// <summary>Why the channel was refused, or <see cref="NoiseError.None"/>; sticky.</summary>
    public NoiseError Error { get; private set; }

    /// <inheritdoc/>
    public void Seal(Span<byte> frame)
    {
        var plaintext = frame[LengthBytes..^NoiseCipher.TagBytes];
        BinaryPrimitives.WriteUInt16BigEndian(frame, checked((ushort)(frame.Length - LengthBytes)));
        _sending.Encrypt(default, plaintext, plaintext, frame[^NoiseCipher.TagBytes..]);
    }

    /// <summary>
    /// Opens the next frame: <see cref="NoiseStatus.Done"/> puts its plaintext, which may be empty, at the start of
    /// <paramref name="plaintext"/>. Call again until <see cref="NoiseStatus.NeedMore"/>, which takes all input.
    /// </summary>
    /// <param name="input">Bytes of the peer, split anywhere; advanced over what was taken.</param>
    /// <param name="plaintext">At least <see cref="PlaintextBytesMax"/> bytes.</param>
    /// <param name="length">Bytes of plaintext.</param>
    public NoiseStatus Receive(ref ReadOnlySpan<byte> input, Span<byte> plaintext, out int length)
    {
        length = 0;
        if (Error != NoiseError.None)
        {
            return NoiseStatus.Rejected;
        }

        if (_partialFilled == 0 && TryFrameLength(input, out var whole) && input.Length >= whole)
        {
            var frame = input[LengthBytes..whole];
            input = input[whole..];
            return Open(frame, plaintext, out length);
        }

        if (!TryFill(ref input, out var filled))
        {
            return NoiseStatus.NeedMore;
        }

        _partialFilled = 0;
        var status = Open(_partial.AsSpan(LengthBytes, filled - LengthBytes), plaintext, out length);
        ReturnPartial();
        return status;
    }

    /// <summary>Gives the partial frame back to the pool and drops both keys.</summary>
    public void Dispose()
    {
        ReturnPartial();
        _sending.Dispose();
        _receiving.Dispose();
    }

    private static bool TryFrameLength(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.Length < LengthBytes ? 0 : LengthBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return length > 0;
    }

    private NoiseStatus Open(ReadOnlySpan<byte> sealedText, Span<byte> plaintext, out int length)
    {
        length = 0;
        var textBytes = sealedText.Length - NoiseCipher.TagBytes;
        if (textBytes < 0)
        {
            Error = NoiseError.MessageTooShort;
            return NoiseStatus.Rejected;
        }

        Error = _receiving.Decrypt(default, sealedText[..textBytes], sealedText[textBytes..], plaintext[..textBytes]);
        length = Error == NoiseError.None ? textBytes : 0;
        return Error == NoiseError.None ? NoiseStatus.Done : NoiseStatus.Rejected;
    }

    private bool TryFill(ref ReadOnlySpan<byte> input, out int frameBytes)
    {
        frameBytes = 0;
        while (!input.IsEmpty)
        {
            _partial ??= ArrayPool<byte>.Shared.Rent(LengthBytes + ushort.MaxValue);
            var known = TryFrameLength(_partial.AsSpan(0, _partialFilled), out frameBytes);
            var take = Math.Min(input.Length, (known ? frameBytes : LengthBytes) - _partialFilled);
            input[..take].CopyTo(_partial.AsSpan(_partialFilled));
            input = input[take..];
            _partialFilled += take;
            if (TryFrameLength(_partial.AsSpan(0, _partialFilled), out frameBytes) && _partialFilled == frameBytes)
            {
                return true;
            }
        }

        return false;
    }

    private void ReturnPartial()
    {
        if (_partial is not null)
        {
            ArrayPool<byte>.Shared.Return(_partial);
            _partial = null;
        }
    }
}
