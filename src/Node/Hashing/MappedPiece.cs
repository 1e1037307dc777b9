using Microsoft.Win32.SafeHandles;
using Omega.P2P.Node.Files;

namespace Omega.P2P.Node.Hashing;

/// <summary>A piece of a file, mapped whole in one call: no copy out of the page cache.</summary>
internal readonly unsafe ref struct MappedPiece
{
    private readonly byte* _start;
    private readonly int _length;

    public MappedPiece(SafeFileHandle file, long offset, int length)
    {
        _length = length;
        _start = LibC.Map(null, (nuint)length, LibC.MapRead, LibC.MapSharedPopulated, file, offset);
        if (_start == LibC.MapFailed) throw LibC.Failure("map", "the file");
    }

    public ReadOnlySpan<byte> Bytes => new(_start, _length);

    public void Dispose() => _ = LibC.Unmap(_start, (nuint)_length);
}
