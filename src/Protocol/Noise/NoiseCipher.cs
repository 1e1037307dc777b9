using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Omega.P2P.Protocol.Noise;

/// <summary>
/// ChaCha20-Poly1305 under one key with a counter as nonce: four zero bytes, then the counter, little-endian (Noise
/// framework, revision 34, section 12.3).
/// </summary>
internal sealed class NoiseCipher(ReadOnlySpan<byte> key) : IDisposable
{
    public const int TagBytes = 16;
    private readonly ChaCha20Poly1305 _aead = new(key);
    private ulong _counter;

    /// <summary>Seals into <paramref name="ciphertext"/>, which may be the plaintext's own memory.</summary>
    public void Encrypt(
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[12];
        if (!TryTakeNonce(nonce))
        {
            throw new InvalidOperationException("All nonces of this key are used.");
        }

        _aead.Encrypt(nonce, plaintext, ciphertext, tag, associated);
    }

    public NoiseError Decrypt(
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[12];
        if (!TryTakeNonce(nonce))
        {
            return NoiseError.NonceExhausted;
        }

        try
        {
            _aead.Decrypt(nonce, ciphertext, tag, plaintext, associated);
            return NoiseError.None;
        }
        catch (AuthenticationTagMismatchException)
        {
            return NoiseError.DecryptFailed;
        }
    }

    public void Dispose() => _aead.Dispose();

    private bool TryTakeNonce(Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], _counter);
        if (_counter == ulong.MaxValue)
        {
            return false;
        }

        _counter++;
        return true;
    }
}
