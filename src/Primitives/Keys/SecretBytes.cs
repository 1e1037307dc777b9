using System.Security.Cryptography;

namespace Omega.P2P.Primitives.Keys;

/// <summary>Secret bytes that the garbage collector never moves or copies, zeroed when disposed.</summary>
/// <remarks>
/// One owner, one thread at a time. The array is pinned from its start, so no stale copy of it stays behind; a
/// finaliser wipes what an owner forgot. It has no text form.
/// </remarks>
internal sealed class SecretBytes : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    public SecretBytes(int length) => _bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    ~SecretBytes() => CryptographicOperations.ZeroMemory(_bytes);

    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
        GC.SuppressFinalize(this);
    }
}
