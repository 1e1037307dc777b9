using System.Numerics;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// Walks a tree in pre-order, only where wanted bytes lie, and believes nothing: each node is compared with what its
/// verified parent, or the root hash, promised. Encoder and decoder share it, so both agree on the next item.
/// </summary>
internal sealed class BaoCursor
{
    /// <summary>One right sibling for each level of the tallest tree, and the node in hand: for a tree of n groups as
    /// many as n has binary digits, and one.</summary>
    private const int DepthMax = 64 + 1;

    private readonly Frame[] _frames;
    private readonly BaoTree _tree;
    private readonly ByteRanges _ranges;
    private int _count;

    public BaoCursor(Hash256 root, BaoTree tree, ByteRanges ranges)
    {
        _tree = tree;
        _ranges = ranges.ToTransfer(tree.Size);
        _frames = new Frame[DepthMax - BitOperations.LeadingZeroCount((ulong)tree.GroupCount)];
        _frames[_count++] = new Frame(root, 0, tree.GroupCount, Index: 0, IsRoot: true);
    }

    /// <summary>True after the last item.</summary>
    public bool IsDone => _count == 0;

    /// <summary>True when the next item is a parent of 64 bytes, false when it is a group.</summary>
    public bool IsParent => Top.Groups > 1;

    /// <summary>Bytes of the next item: 64, or those of the group (0 for an empty content).</summary>
    public int Length => IsParent
        ? Blake3Constants.ParentSize
        : (int)(_tree.ByteEnd(Top.Group + 1) - _tree.ByteStart(Top.Group));

    /// <summary>Pre-order number of the next parent.</summary>
    public long ParentIndex => Top.Index;

    /// <summary>First content byte of the next group.</summary>
    public long Offset => _tree.ByteStart(Top.Group);

    /// <summary>True once the content's last group was verified, and the size with it.</summary>
    public bool IsSizeVerified { get; private set; }

    /// <summary>What the next item's parent, or the root, promises of it.</summary>
    public Hash256 Promise => Top.Hash;

    private ref readonly Frame Top => ref _frames[_count - 1];

    /// <summary>Checks the next item and moves on. A wrong one leaves the cursor where it is.</summary>
    public BaoError Accept(ReadOnlySpan<byte> item) => IsParent ? AcceptParent(item) : AcceptGroup(item);

    private BaoError AcceptParent(ReadOnlySpan<byte> parent)
    {
        var frame = Top;
        if (!Matches(Blake3Node.FromParent(parent, Blake3Key.Plain), in frame)) return BaoError.WrongParent;
        _count--;
        var left = BaoTree.LeftGroups(frame.Groups);
        var rightHash = Hash256.From(parent[Blake3Constants.CvSize..]);
        PushIfWanted(new Frame(rightHash, frame.Group + left, frame.Groups - left, frame.Index + left, IsRoot: false));
        var leftHash = Hash256.From(parent[..Blake3Constants.CvSize]);
        PushIfWanted(new Frame(leftHash, frame.Group, left, frame.Index + 1, IsRoot: false));
        return BaoError.None;
    }

    private BaoError AcceptGroup(ReadOnlySpan<byte> group)
    {
        var frame = Top;
        var firstChunk = (ulong)frame.Group << _tree.GroupLog;
        if (!Matches(Blake3Tree.SubtreeOf(group, firstChunk, Blake3Key.Plain), in frame)) return BaoError.WrongGroup;
        _count--;
        if (frame.Group == _tree.GroupCount - 1) IsSizeVerified = true;
        return BaoError.None;
    }

    private static bool Matches(in Blake3Node node, in Frame frame)
    {
        Span<byte> hash = stackalloc byte[Hash256.Size];
        node.WriteCv(hash, frame.IsRoot);
        return frame.Hash.AsSpan().SequenceEqual(hash);
    }

    private void PushIfWanted(in Frame frame)
    {
        var start = _tree.ByteStart(frame.Group);
        if (_ranges.Touches(start, _tree.ByteEnd(frame.Group + frame.Groups))) _frames[_count++] = frame;
    }

    private readonly record struct Frame(Hash256 Hash, long Group, long Groups, long Index, bool IsRoot);
}
