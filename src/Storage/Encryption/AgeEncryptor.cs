using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage.Encryption;

/// <summary>
/// Encrypts one file to X25519 recipients, age v1, binary form: first <see cref="Prologue"/>, then each chunk of
/// <see cref="AgeFormat.ChunkSize"/> bytes; exactly the last one, which alone may be shorter, is sealed as such. An
/// empty file is one empty last chunk. One thread at a time.
/// </summary>
public sealed class AgeEncryptor : IDisposable
{
    private readonly ChaCha20Poly1305 _aead;
    private ulong _chunk;
    private bool _ended;

    /// <summary>Draws a file key and wraps it for everyone.</summary>
    /// <exception cref="ArgumentException">There is no recipient.</exception>
    public AgeEncryptor(IReadOnlyList<AgeRecipient> recipients, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        ArgumentNullException.ThrowIfNull(random);
        if (recipients.Count == 0)
            throw new ArgumentException("A file nobody can decrypt is not written.", nameof(recipients));
        Span<byte> fileKey = stackalloc byte[AgeFormat.FileKeySize];
        Span<byte> payloadKey = stackalloc byte[AgeFormat.KeySize];
        try
        {
            random.Fill(fileKey);
            var wraps = new List<(byte[] Share, byte[] Body)>(recipients.Count);
            foreach (var recipient in recipients)
                wraps.Add(AgeWrap.Wrap(recipient, fileKey, random));
            var header = AgeHeader.Write(fileKey, wraps);
            var prologue = new byte[header.Length + AgeFormat.PayloadNonceSize];
            header.CopyTo(prologue, 0);
            var nonce = prologue.AsSpan(header.Length);
            random.Fill(nonce);
            Kdf.HkdfSha256(fileKey, nonce, AgeFormat.PayloadInfo, payloadKey);
            _aead = new ChaCha20Poly1305(payloadKey);
            Prologue = prologue;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fileKey);
            CryptographicOperations.ZeroMemory(payloadKey);
        }
    }

    /// <summary>Header and payload nonce: the first bytes of the file.</summary>
    public ReadOnlyMemory<byte> Prologue { get; }

    /// <summary>Encrypts the next chunk.</summary>
    /// <param name="chunk">Exactly <see cref="AgeFormat.ChunkSize"/> bytes; of the last one 1 to as many, 0 only where
    /// it is the first as well.</param>
    /// <param name="isLast">Ends the file.</param>
    /// <param name="output">Takes <see cref="AgeFormat.TagSize"/> bytes more than the chunk has.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The chunk has a length it may not have.</exception>
    public int Seal(ReadOnlySpan<byte> chunk, bool isLast, Span<byte> output)
    {
        var isFit = isLast
            ? chunk.Length <= AgeFormat.ChunkSize && (chunk.Length > 0 || _chunk == 0)
            : chunk.Length == AgeFormat.ChunkSize;
        if (!isFit || _ended)
            throw new ArgumentException($"No chunk of {chunk.Length} bytes may stand here.", nameof(chunk));
        Span<byte> nonce = stackalloc byte[AgeFormat.AeadNonceSize];
        AgeFormat.WriteNonce(nonce, _chunk++, isLast);
        _aead.Encrypt(nonce, chunk, output[..chunk.Length], output.Slice(chunk.Length, AgeFormat.TagSize));
        _ended = isLast;
        return chunk.Length + AgeFormat.TagSize;
    }

    /// <inheritdoc/>
    public void Dispose() => _aead.Dispose();
}
