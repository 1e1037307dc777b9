using System.Collections.Immutable;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// Which bytes of a content are wanted: sorted, disjoint, non-adjacent, non-empty ranges, at most
/// <see cref="CountMax"/>. A transfer carries the whole chunk groups that they touch. Immutable.
/// </summary>
public sealed class ByteRanges
{
    /// <summary>Most ranges in one list (a guess: a request of one frame).</summary>
    public const int CountMax = 1024;

    private readonly ImmutableArray<ByteRange> _ranges;

    private ByteRanges(ImmutableArray<ByteRange> ranges) => _ranges = ranges;

    /// <summary>No byte: a transfer then carries the last group alone, which proves the size.</summary>
    public static ByteRanges None { get; } = new([]);

    /// <summary>The ranges, normalised.</summary>
    public IReadOnlyList<ByteRange> Ranges => _ranges;

    /// <summary>Every byte of a content of <paramref name="size"/> bytes.</summary>
    public static ByteRanges All(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return size == 0 ? None : new ByteRanges([new ByteRange(0, size)]);
    }

    /// <summary>
    /// Sorts and joins ranges in any order. False when there are more than <see cref="CountMax"/>, or one has a
    /// negative start or length or ends beyond <see cref="long.MaxValue"/>. Empty ranges vanish.
    /// </summary>
    public static bool TryCreate(ReadOnlySpan<ByteRange> ranges, out ByteRanges value)
    {
        value = None;
        if (ranges.Length > CountMax) return false;
        foreach (var range in ranges)
        {
            if (range.Start < 0 || range.Length < 0 || range.Start > long.MaxValue - range.Length) return false;
        }

        var sorted = ranges.ToArray();
        Array.Sort(sorted, (a, b) => a.Start.CompareTo(b.Start));
        var joined = ImmutableArray.CreateBuilder<ByteRange>(sorted.Length);
        foreach (var range in sorted) Join(joined, range);
        value = new ByteRanges(joined.ToImmutable());
        return true;
    }

    /// <summary>The part of these ranges that lies inside a content of <paramref name="size"/> bytes.</summary>
    public ByteRanges Within(long size)
    {
        var inside = ImmutableArray.CreateBuilder<ByteRange>(_ranges.Length);
        foreach (var range in _ranges.Where(r => r.Start < size))
        {
            inside.Add(new ByteRange(range.Start, Math.Min(range.Length, size - range.Start)));
        }

        return new ByteRanges(inside.ToImmutable());
    }

    /// <summary>
    /// The chunk groups (16 KiB unless <paramref name="groupLog"/> says otherwise) that a transfer of these ranges
    /// carries, as bytes clipped to a content of <paramref name="size"/> bytes. Where no byte of the content is
    /// touched, that is its last group, which proves the size.
    /// </summary>
    public ByteRanges Groups(long size, int groupLog = BaoTree.DefaultGroupLog)
    {
        var tree = new BaoTree(size, groupLog);
        var groups = ImmutableArray.CreateBuilder<ByteRange>(_ranges.Length);
        foreach (var range in ToTransfer(size)._ranges)
        {
            var start = range.Start / tree.GroupSize * tree.GroupSize;
            var end = tree.ByteEnd((range.End - 1) / tree.GroupSize + 1);
            Join(groups, new ByteRange(start, end - start));
        }

        return new ByteRanges(groups.ToImmutable());
    }

    /// <summary>These ranges inside the content, or its last byte where they touch none.</summary>
    internal ByteRanges ToTransfer(long size)
    {
        var inside = Within(size);
        return inside._ranges.Length > 0 || size == 0 ? inside : new ByteRanges([new ByteRange(size - 1, 1)]);
    }

    /// <summary>
    /// Whether any wanted byte lies in [<paramref name="start"/>, <paramref name="end"/>). O(log count).
    /// </summary>
    public bool Touches(long start, long end)
    {
        int low = 0, high = _ranges.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End <= start) low = middle + 1;
            else high = middle;
        }

        return low < _ranges.Length && _ranges[low].Start < end;
    }

    private static void Join(ImmutableArray<ByteRange>.Builder joined, ByteRange range)
    {
        if (range.Length == 0) return;
        if (joined.Count > 0 && joined[^1].End >= range.Start)
        {
            var last = joined[^1];
            joined[^1] = new ByteRange(last.Start, Math.Max(last.End, range.End) - last.Start);
            return;
        }

        joined.Add(range);
    }
}
