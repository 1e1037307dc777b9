using System.Numerics;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// The shape of the verified-streaming tree: leaves are chunk groups of 1 KiB × 2^GroupLog, every left subtree is a
/// complete one, and n groups have n - 1 parents, numbered in pre-order (bao specification, with groups as in its
/// discussion of larger leaves). An empty content is one empty group.
/// </summary>
public readonly record struct BaoTree
{
    /// <summary>Groups of 2^4 chunks, 16 KiB: 64 bytes of proof for each, under half a per cent.</summary>
    public const int DefaultGroupLog = 4;

    /// <summary>Bytes of such a group: a content of no more is proven by its hash alone.</summary>
    public const int DefaultGroupSize = Blake3Constants.ChunkSize << DefaultGroupLog;

    /// <summary>Largest group: 2^8 chunks, 256 KiB.</summary>
    public const int GroupLogMax = 8;

    /// <summary>
    /// A negative size or a group log outside 0..8 throws <see cref="ArgumentOutOfRangeException"/>.
    /// </summary>
    public BaoTree(long size, int groupLog = DefaultGroupLog)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)groupLog, (uint)GroupLogMax, nameof(groupLog));
        Size = size;
        GroupLog = groupLog;
    }

    /// <summary>Bytes in the content.</summary>
    public long Size { get; }

    /// <summary>Log2 of the chunks in a group.</summary>
    public int GroupLog { get; }

    /// <summary>Bytes in a full group.</summary>
    public int GroupSize => Blake3Constants.ChunkSize << GroupLog;

    /// <summary>At least 1.</summary>
    public long GroupCount => Size == 0 ? 1 : (Size - 1) / GroupSize + 1;

    /// <summary>Groups in the left subtree of a node above <paramref name="groups"/> (at least 2) groups.</summary>
    public static long LeftGroups(long groups) => 1L << BitOperations.Log2((ulong)(groups - 1));

    /// <summary>First byte of a group.</summary>
    public long ByteStart(long group) => group * GroupSize;

    /// <summary>
    /// The byte after the last of the groups before <paramref name="group"/>, clipped to the content.
    /// </summary>
    public long ByteEnd(long group) => group >= GroupCount ? Size : group * GroupSize;
}
