using System.Security.Cryptography;

namespace Omega.P2P.Protocol.Noise;

/// <summary>Chaining key, transcript hash and handshake cipher of Noise_XX_25519_ChaChaPoly_SHA256 (Noise framework,
/// revision 34, section 5.2).</summary>
internal sealed class NoiseSymmetricState : IDisposable
{
    public const int HashBytes = 32;
    private readonly byte[] _chainingKey = new byte[HashBytes];
    private readonly byte[] _hash = new byte[HashBytes];
    private NoiseCipher? _cipher;

    public NoiseSymmetricState(ReadOnlySpan<byte> prologue)
    {
        // 32 bytes: exactly a hash, so it is taken as it is.
        "Noise_XX_25519_ChaChaPoly_SHA256"u8.CopyTo(_hash);
        _hash.CopyTo(_chainingKey, 0);
        MixHash(prologue);
    }

    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>Bytes a sealed part grows by: none before the first key.</summary>
    public int TagBytes => _cipher is null ? 0 : NoiseCipher.TagBytes;

    public void MixHash(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_hash);
        hash.AppendData(data);
        hash.GetHashAndReset(_hash);
    }

    public void MixKey(ReadOnlySpan<byte> material)
    {
        Span<byte> both = stackalloc byte[2 * HashBytes];
        Derive(material, both);
        both[..HashBytes].CopyTo(_chainingKey);
        _cipher?.Dispose();
        _cipher = new NoiseCipher(both[HashBytes..]);
        CryptographicOperations.ZeroMemory(both);
    }

    /// <summary>Seals <paramref name="plaintext"/> into the front of <paramref name="output"/>; returns the bytes
    /// written.</summary>
    public int EncryptAndHash(ReadOnlySpan<byte> plaintext, Span<byte> output)
    {
        if (_cipher is null)
        {
            plaintext.CopyTo(output);
        }
        else
        {
            _cipher.Encrypt(_hash, plaintext, output[..plaintext.Length], output.Slice(plaintext.Length, TagBytes));
        }

        var written = plaintext.Length + TagBytes;
        MixHash(output[..written]);
        return written;
    }

    /// <summary>Opens all of <paramref name="input"/> into <paramref name="plaintext"/>, which is
    /// <see cref="TagBytes"/> shorter.</summary>
    public NoiseError DecryptAndHash(ReadOnlySpan<byte> input, Span<byte> plaintext)
    {
        var error = NoiseError.None;
        if (_cipher is null)
        {
            input.CopyTo(plaintext);
        }
        else
        {
            error = _cipher.Decrypt(_hash, input[..plaintext.Length], input[plaintext.Length..], plaintext);
        }

        MixHash(input);
        return error;
    }

    /// <summary>The two transport ciphers: the initiator's sending one first.</summary>
    public (NoiseCipher Initiator, NoiseCipher Responder) Split(NoiseCipherKind kind)
    {
        Span<byte> both = stackalloc byte[2 * HashBytes];
        Derive(material: default, both);
        var ciphers = (new NoiseCipher(both[..HashBytes], kind), new NoiseCipher(both[HashBytes..], kind));
        CryptographicOperations.ZeroMemory(both);
        return ciphers;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_chainingKey);
        _cipher?.Dispose();
    }

    /// <summary>HKDF with two outputs (section 4.3). The framework's own refuses the empty material that a split
    /// needs.</summary>
    private void Derive(ReadOnlySpan<byte> material, Span<byte> both)
    {
        Span<byte> extracted = stackalloc byte[HashBytes];
        HMACSHA256.HashData(_chainingKey, material, extracted);
        HMACSHA256.HashData(extracted, [1], both);
        Span<byte> second = stackalloc byte[HashBytes + 1];
        both[..HashBytes].CopyTo(second);
        second[HashBytes] = 2;
        HMACSHA256.HashData(extracted, second, both[HashBytes..]);
        CryptographicOperations.ZeroMemory(extracted);
    }
}
