using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Desk;

/// <summary>
/// Collects a content that is small enough for memory, in any order and from several pumps, and hands it to the import
/// once all of it is there. Its array is made when the first proven bytes come.
/// </summary>
internal sealed class WholeSink(ImportBatch import, ContentId content, string audience, int size) : IVerifiedSink
{
    private const int GroupBytes = BaoTree.DefaultGroupSize;

    private readonly Lock _gate = new();
    private byte[]? _bytes;
    private bool[]? _hasGroup;
    private int _written;

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
    {
        byte[] whole;
        lock (_gate)
        {
            _bytes ??= GC.AllocateUninitializedArray<byte>(size);
            _hasGroup ??= new bool[(size - 1) / GroupBytes + 1];
            ref var isHere = ref _hasGroup[(int)(offset / GroupBytes)];
            if (isHere) return;
            isHere = true;
            verified.CopyTo(_bytes.AsSpan((int)offset));
            _written += verified.Length;
            if (_written < size) return;
            whole = _bytes;
        }

        import.AddWhole(content, audience, whole);
    }
}
