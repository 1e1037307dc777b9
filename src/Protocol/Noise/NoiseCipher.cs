using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Omega.P2P.Protocol.Noise;

/// <summary>The authenticated cipher of a channel.</summary>
internal enum NoiseCipherKind
{
    /// <summary>What libp2p's Noise names, and what every handshake uses.</summary>
    ChaChaPoly,

    /// <summary>AES-256-GCM, for frames after the handshake where both sides ask for it (ADR 46).</summary>
    AesGcm,
}

/// <summary>
/// An AEAD under one key with a counter as nonce: four zero bytes, then the counter, little-endian for ChaChaPoly and
/// big-endian for AESGCM (Noise framework, revision 34, sections 12.3 and 12.4). An AES-GCM key is replaced by Noise's
/// own rekey (section 4.2) every <see cref="RekeyEvery"/> frames: 64 GiB at most under one key.
/// </summary>
internal sealed class NoiseCipher : IDisposable
{
    public const int TagBytes = 16;
    public const int KeyBytes = 32;

    /// <summary>Frames under one AES-GCM key; RFC 8446 section 5.5 allows 2^24.5 of a quarter of the size.</summary>
    public const ulong RekeyEvery = 1 << 20;

    private readonly ChaCha20Poly1305? _chaCha;
    private AesGcm? _aes;
    private ulong _counter;

    public NoiseCipher(ReadOnlySpan<byte> key, NoiseCipherKind kind = NoiseCipherKind.ChaChaPoly)
    {
        if (kind == NoiseCipherKind.AesGcm)
        {
            _aes = new AesGcm(key, TagBytes);
        }
        else
        {
            _chaCha = new ChaCha20Poly1305(key);
        }
    }

    /// <summary>Seals into <paramref name="ciphertext"/>, which may be the plaintext's own memory.</summary>
    public void Encrypt(
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[12];
        if (!TryTakeNonce(nonce))
        {
            throw new InvalidOperationException("All nonces of this key are used.");
        }

        if (_aes is not null)
        {
            _aes.Encrypt(nonce, plaintext, ciphertext, tag, associated);
        }
        else
        {
            _chaCha!.Encrypt(nonce, plaintext, ciphertext, tag, associated); // one of the two is there
        }
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
            if (_aes is not null)
            {
                _aes.Decrypt(nonce, ciphertext, tag, plaintext, associated);
            }
            else
            {
                _chaCha!.Decrypt(nonce, ciphertext, tag, plaintext, associated); // one of the two is there
            }

            return NoiseError.None;
        }
        catch (AuthenticationTagMismatchException)
        {
            return NoiseError.DecryptFailed;
        }
    }

    public void Dispose()
    {
        _chaCha?.Dispose();
        _aes?.Dispose();
    }

    private bool TryTakeNonce(Span<byte> nonce)
    {
        if (_counter == ulong.MaxValue)
        {
            return false;
        }

        nonce.Clear();
        if (_aes is null)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], _counter);
        }
        else
        {
            RekeyWhenDue(_aes);
            BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], _counter);
        }

        _counter++;
        return true;
    }

    /// <summary>The next key is 32 zero bytes sealed under the last nonce.</summary>
    private void RekeyWhenDue(AesGcm aes)
    {
        if (_counter == 0 || _counter % RekeyEvery != 0)
        {
            return;
        }

        Span<byte> nonce = stackalloc byte[12];
        nonce.Clear();
        nonce[4..].Fill(0xff);
        Span<byte> key = stackalloc byte[KeyBytes];
        Span<byte> tag = stackalloc byte[TagBytes];
        key.Clear();
        aes.Encrypt(nonce, key, key, tag);
        _aes = new AesGcm(key, TagBytes);
        aes.Dispose();
        CryptographicOperations.ZeroMemory(key);
    }
}
