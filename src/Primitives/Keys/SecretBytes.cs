using System.Security.Cryptography;

namespace Omega.P2P.Primitives.Keys;

/// <summary>Secret bytes that the garbage collector never moves or copies, zeroed when disposed.</summary>
/// <remarks>
/// One owner, one thread at a time. The array is pinned from its start, so no stale copy of it stays behind; a
/// finaliser wipes what an owner forgot. It has no text form.
/// </remarks>
public sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Room for so many secret bytes, not zeroed.</summary>
    public SecretBytes(int length) => _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Wipes what its owner forgot.</summary>
    ~SecretBytes() => CryptographicOperations.ZeroMemory(_bytes);

    /// <summary>The bytes; valid until disposal.</summary>
    /// <exception cref="ObjectDisposedException">They were wiped.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
        GC.SuppressFinalize(this);
    }
}
