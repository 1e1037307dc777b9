using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// Root hash and outboard of a content in one pass, near the speed of hashing alone: sixteen groups at a time go
/// through the SIMD kernels, and the tree above them is hashed level by level at the end. Feed large spans. Memory:
/// 32 bytes for each group while it runs. One thread at a time; input is not kept.
/// </summary>
public sealed class OutboardBuilder
{
    private readonly int _groupLog;
    private readonly byte[] _partial;
    private byte[] _cvs;
    private long _size;
    private int _groupCount;
    private int _partialLength;
    private Blake3Node _firstGroup;

    /// <summary>Groups of 2^<paramref name="groupLog"/> chunks, 0 to 8.</summary>
    public OutboardBuilder(int groupLog = BaoTree.DefaultGroupLog)
    {
        _groupLog = groupLog;
        _partial = new byte[new BaoTree(0, groupLog).GroupSize];
        _cvs = new byte[64 * Blake3Constants.CvSize];
    }

    /// <summary>Bytes taken so far.</summary>
    public long Size => _size;

    private int BatchGroups => Blake3Tree.PieceChunks >> _groupLog;

    /// <summary>Adds bytes at the end of the content.</summary>
    public void Update(ReadOnlySpan<byte> input)
    {
        _size += input.Length;
        if (_partialLength > 0)
        {
            var take = Math.Min(input.Length, _partial.Length - _partialLength);
            input[..take].CopyTo(_partial.AsSpan(_partialLength));
            _partialLength += take;
            input = input[take..];
            if (_partialLength < _partial.Length) return;
            AddGroup(_partial);
            _partialLength = 0;
        }

        if (_groupCount == 0 && input.Length >= _partial.Length)
        {
            AddGroup(input[.._partial.Length]);
            input = input[_partial.Length..];
        }

        while (input.Length >= _partial.Length)
        {
            var groups = Math.Min(input.Length / _partial.Length, BatchGroups);
            AddGroups(input[..(groups * _partial.Length)], groups);
            input = input[(groups * _partial.Length)..];
        }

        input.CopyTo(_partial);
        _partialLength = input.Length;
    }

    /// <summary>
    /// Adds a group that a <see cref="BaoDecoder"/> has proven, by its chaining value: the tree above it is hashed
    /// again, its bytes are not. All groups but the last are whole; not to be mixed with <see cref="Update"/>. The
    /// content has at least two groups.
    /// </summary>
    public void AddProven(Hash256 cv, int length)
    {
        if (_partialLength > 0 || length <= 0 || length > _partial.Length || _size % _partial.Length != 0)
            throw new InvalidOperationException("A proven group begins where a whole group ended.");
        cv.CopyTo(CvSpace(1));
        _groupCount++;
        _size += length;
    }

    /// <summary>
    /// The root hash, and the outboard in the layout of <see cref="Outboard"/>, owned by the caller. The builder is
    /// then empty again.
    /// </summary>
    public byte[] Finish(out Hash256 root)
    {
        if (_partialLength > 0 || _groupCount == 0) AddGroup(_partial.AsSpan(0, _partialLength));
        var outboard = new byte[Outboard.Length(_size, _groupLog)];
        BinaryPrimitives.WriteInt64LittleEndian(outboard, _size);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        if (_groupCount == 1)
        {
            _firstGroup.WriteRoot(hash, 0);
        }
        else
        {
            WriteParents(outboard);
            var top = outboard.AsSpan(Outboard.HeaderSize, Blake3Constants.ParentSize);
            Blake3Node.FromParent(top, Blake3Key.Plain).WriteRoot(hash, 0);
        }

        root = Hash256.From(hash);
        _size = 0;
        _groupCount = 0;
        _partialLength = 0;
        return outboard;
    }

    /// <summary>
    /// One group by itself; the very first is also kept as a node, since it may turn out to be the root.
    /// </summary>
    private void AddGroup(ReadOnlySpan<byte> group)
    {
        var node = Blake3Tree.SubtreeOf(group, (ulong)_groupCount << _groupLog, Blake3Key.Plain);
        if (_groupCount == 0) _firstGroup = node;
        node.WriteCv(CvSpace(1));
        _groupCount++;
    }

    /// <summary>
    /// Whole groups: a power of two of chunks each, so pairing level by level never crosses a group's border.
    /// </summary>
    [SkipLocalsInit]
    private void AddGroups(ReadOnlySpan<byte> input, int groups)
    {
        Span<byte> cvs = stackalloc byte[Blake3Tree.PieceChunks * Blake3Constants.CvSize];
        var count = Blake3Tree.ChunkCvs(input, (ulong)_groupCount << _groupLog, Blake3Key.Plain, cvs);
        while (count > groups) count = Blake3Tree.ParentLevel(cvs, count, Blake3Key.Plain);
        cvs[..(groups * Blake3Constants.CvSize)].CopyTo(CvSpace(groups));
        _groupCount += groups;
    }

    private Span<byte> CvSpace(int groups)
    {
        var used = _groupCount * Blake3Constants.CvSize;
        var needed = checked(used + groups * Blake3Constants.CvSize);
        if (needed > _cvs.Length) Array.Resize(ref _cvs, (int)Math.Min(2L * needed, Array.MaxLength));
        return _cvs.AsSpan(used);
    }

    /// <summary>
    /// Hashes level by level in place, writing each pair where pre-order wants it before it is overwritten.
    /// </summary>
    private void WriteParents(Span<byte> outboard)
    {
        var count = _groupCount;
        for (var level = 0; count > 1; level++)
        {
            for (var i = 0; i + 1 < count; i += 2)
            {
                var node = NodeIndex((long)i << level, level + 1);
                _cvs.AsSpan(i * Blake3Constants.CvSize, Blake3Constants.ParentSize)
                    .CopyTo(outboard[(int)Outboard.OffsetOf(node)..]);
            }

            count = Blake3Tree.ParentLevel(_cvs, count, Blake3Key.Plain);
        }
    }

    /// <summary>
    /// Pre-order number of the node at <paramref name="level"/> whose first group is <paramref name="group"/>:
    /// walking down from the top, a step to the left passes one parent, a step to the right as many as the left
    /// subtree has groups.
    /// </summary>
    private long NodeIndex(long group, int level)
    {
        long start = 0, groups = _groupCount, index = 0;
        while (start != group || groups > 1L << level)
        {
            var left = BaoTree.LeftGroups(groups);
            if (group < start + left)
            {
                groups = left;
                index++;
            }
            else
            {
                start += left;
                groups -= left;
                index += left;
            }
        }

        return index;
    }
}
