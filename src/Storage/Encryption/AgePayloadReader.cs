using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage.Encryption;

/// <summary>Takes plaintext that was authenticated; the span is not valid after return.</summary>
public delegate void AgePlaintext(ReadOnlySpan<byte> bytes);

/// <summary>
/// The STREAM payload: nonce, then chunks of 64 KiB, each released only when its tag holds. Holds one chunk.
/// </summary>
internal sealed class AgePayloadReader(AgePlaintext target) : IDisposable
{
    private const int SealedSize = AgeFormat.ChunkSize + AgeFormat.TagSize;

    private readonly byte[] _sealed = new byte[SealedSize];
    private readonly byte[] _plain = new byte[AgeFormat.ChunkSize];
    private readonly byte[] _fileKey = GC.AllocateArray<byte>(AgeFormat.FileKeySize, pinned: true);
    private ChaCha20Poly1305? _aead;
    private int _filled;
    private ulong _chunk;

    public AgeError Error { get; private set; }

    /// <summary>Where the header's file key goes, before the first byte.</summary>
    public Span<byte> FileKey => _fileKey;

    public bool Write(ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty && Error.Fault == AgeFault.None)
        {
            // A full chunk with more behind it is not the last.
            if (_filled == SealedSize && !Release(isLast: false))
                return false;
            var wanted = _aead is null ? AgeFormat.PayloadNonceSize : SealedSize;
            var count = Math.Min(input.Length, wanted - _filled);
            input[..count].CopyTo(_sealed.AsSpan(_filled));
            _filled += count;
            input = input[count..];
            if (_aead is null && _filled == wanted)
                Begin();
        }

        return Error.Fault == AgeFault.None;
    }

    public bool Finish()
    {
        if (_aead is null || _filled < AgeFormat.TagSize)
            return Fail(AgeFault.Truncated);
        return Release(isLast: true);
    }

    public void Dispose()
    {
        _aead?.Dispose();
        CryptographicOperations.ZeroMemory(_fileKey);
        CryptographicOperations.ZeroMemory(_plain);
    }

    private void Begin()
    {
        Span<byte> key = stackalloc byte[AgeFormat.KeySize];
        Kdf.HkdfSha256(_fileKey, _sealed.AsSpan(0, AgeFormat.PayloadNonceSize), AgeFormat.PayloadInfo, key);
        CryptographicOperations.ZeroMemory(_fileKey);
        _aead = new ChaCha20Poly1305(key);
        CryptographicOperations.ZeroMemory(key);
        _filled = 0;
    }

    private bool Release(bool isLast)
    {
        var length = _filled - AgeFormat.TagSize;
        if (!TryOpen(length, isLast))
        {
            // The other flag tells an end that is missing, or bytes behind it, from damage.
            if (isLast)
                return Fail(AgeFault.Truncated);
            return Fail(TryOpen(length, isLast: true) ? AgeFault.TrailingBytes : AgeFault.Chunk);
        }

        if (length == 0 && _chunk > 0)
            return Fail(AgeFault.EmptyChunk);
        target(_plain.AsSpan(0, length));
        _chunk++;
        _filled = 0;
        return true;
    }

    private bool TryOpen(int length, bool isLast)
    {
        Span<byte> nonce = stackalloc byte[AgeFormat.AeadNonceSize];
        AgeFormat.WriteNonce(nonce, _chunk, isLast);
        try
        {
            _aead!.Decrypt(nonce, _sealed.AsSpan(0, length), _sealed.AsSpan(length, AgeFormat.TagSize),
                _plain.AsSpan(0, length));
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false; // hostile bytes; the platform has no other way to say so
        }
    }

    private bool Fail(AgeFault fault)
    {
        Error = new AgeError(fault, 0);
        return false;
    }
}
