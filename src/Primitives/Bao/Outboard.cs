using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// An outboard in memory. Layout: the content's size, 8 bytes little-endian, then the parents in pre-order, 64 bytes
/// each (bao specification, "outboard encoding format"). It is not trusted: its parents are checked when used.
/// </summary>
public sealed class Outboard : IOutboardReader
{
    /// <summary>Bytes before the first parent.</summary>
    public const int HeaderSize = 8;

    private readonly ReadOnlyMemory<byte> _bytes;

    private Outboard(ReadOnlyMemory<byte> bytes, long size)
    {
        _bytes = bytes;
        Size = size;
    }

    /// <inheritdoc/>
    public long Size { get; }

    /// <summary>
    /// Bytes of the outboard of a content of <paramref name="size"/> bytes: 8 up to one group, 4 MiB for 1 GiB.
    /// Throws <see cref="OverflowException"/> beyond 2 GiB of outboard (549 GB of content in groups of 16 KiB).
    /// </summary>
    public static int Length(long size) => Length(size, BaoTree.DefaultGroupLog);

    /// <summary>As <see cref="Length(long)"/> for other groups.</summary>
    public static int Length(long size, int groupLog) =>
        checked((int)(HeaderSize + (new BaoTree(size, groupLog).GroupCount - 1) * Blake3Constants.ParentSize));

    /// <summary>Where parent <paramref name="node"/> begins in the layout, in bytes.</summary>
    public static long OffsetOf(long node) => HeaderSize + node * Blake3Constants.ParentSize;

    /// <summary>
    /// Takes bytes in the layout above without copying them. False when the size is negative or the length is not the
    /// one that this size asks for.
    /// </summary>
    public static bool TryCreate(
        ReadOnlyMemory<byte> bytes, out Outboard? outboard, int groupLog = BaoTree.DefaultGroupLog)
    {
        outboard = null;
        if (bytes.Length < HeaderSize) return false;
        var size = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span);
        if (size < 0) return false;
        var parents = new BaoTree(size, groupLog).GroupCount - 1;
        var rest = bytes.Length - HeaderSize;
        if (rest % Blake3Constants.ParentSize != 0 || rest / Blake3Constants.ParentSize != parents) return false;
        outboard = new Outboard(bytes, size);
        return true;
    }

    /// <inheritdoc/>
    public void ReadParent(long node, Span<byte> parent) =>
        _bytes.Span.Slice((int)OffsetOf(node), Blake3Constants.ParentSize).CopyTo(parent);
}
