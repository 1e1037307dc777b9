using Omega.P2P.Primitives.Bao;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Ranges of one content that nobody is asked for now, ascending and apart.</summary>
internal sealed class RangeQueue
{
    /// <summary>What is proven at once.</summary>
    public const long GroupBytes = BaoTree.DefaultGroupSize;

    private readonly SortedList<long, long> _ends = [];

    public RangeQueue(IEnumerable<WireRange> ranges) => Add(ranges);

    public bool IsEmpty => _ends.Count == 0;

    /// <summary>The lowest offset; <see cref="long.MaxValue"/> when there is none.</summary>
    public long First => IsEmpty ? long.MaxValue : _ends.Keys[0];

    public void Add(IEnumerable<WireRange> ranges)
    {
        foreach (var range in ranges)
            Add(range.Start, range.End);
    }

    /// <summary>
    /// Takes from the front what one request asks for: at most <paramref name="bytesMax"/> (at least one group) in at
    /// most <paramref name="rangesMax"/> ranges, none reaching beyond <paramref name="before"/>; cut at group
    /// boundaries, so that no group crosses the wire twice. Null when nothing is left before that offset.
    /// </summary>
    public Piece? Take(long bytesMax, int rangesMax, long before)
    {
        var taken = new List<WireRange>();
        long bytes = 0;
        while (_ends.Count > 0 && taken.Count < rangesMax && (bytes < bytesMax || taken.Count == 0))
        {
            var (start, end) = (_ends.Keys[0], _ends.Values[0]);
            var stop = Math.Min(end, before);
            if (stop - start > bytesMax - bytes)
                stop = Math.Min(stop, Math.Max(Boundary(start + bytesMax - bytes), Boundary(start) + GroupBytes));
            if (stop <= start)
                break;
            _ends.RemoveAt(0);
            taken.Add(new WireRange(start, stop - start));
            bytes += stop - start;
            if (stop == end)
                continue;
            _ends.Add(stop, end);
            break; // what follows would touch it: not two ranges but one
        }
        return taken.Count == 0 ? null : new Piece(taken);
    }

    private static long Boundary(long offset) => offset / GroupBytes * GroupBytes;

    private void Add(long start, long end)
    {
        for (var i = _ends.Count - 1; i >= 0; i--)
        {
            if (_ends.Keys[i] > end || _ends.Values[i] < start)
                continue;
            start = Math.Min(start, _ends.Keys[i]);
            end = Math.Max(end, _ends.Values[i]);
            _ends.RemoveAt(i);
        }
        if (start < end)
            _ends.Add(start, end);
    }
}
