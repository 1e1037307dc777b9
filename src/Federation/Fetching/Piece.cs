using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Ranges of one content that one request asks for.</summary>
internal sealed record Piece(IReadOnlyList<WireRange> Ranges)
{
    private const long GroupBytes = 16 << 10;

    public long Bytes => Ranges.Sum(r => r.Length);

    /// <summary>
    /// Cuts ranges into requests of at most <paramref name="bytesMax"/> and <paramref name="rangesMax"/>, in order,
    /// at group boundaries so that no group crosses the wire twice.
    /// </summary>
    public static Queue<Piece> Plan(IReadOnlyList<WireRange> ranges, long bytesMax, int rangesMax)
    {
        var pieces = new Queue<Piece>();
        var current = new List<WireRange>();
        long bytes = 0;
        foreach (var whole in ranges)
        {
            var rest = whole;
            while (rest.Length > 0)
            {
                var room = Math.Max(bytesMax - bytes, GroupBytes);
                var end = Math.Min(rest.End, (rest.Start + room) / GroupBytes * GroupBytes);
                if (end <= rest.Start)
                    end = rest.End;
                current.Add(new WireRange(rest.Start, end - rest.Start));
                bytes += end - rest.Start;
                rest = new WireRange(end, rest.End - end);
                if (bytes < bytesMax && current.Count < rangesMax)
                    continue;
                pieces.Enqueue(new Piece(current));
                current = [];
                bytes = 0;
            }
        }
        if (current.Count > 0)
            pieces.Enqueue(new Piece(current));
        return pieces;
    }

    /// <summary>What is left when everything below an offset has come; null when nothing is.</summary>
    public Piece? After(long offset)
    {
        var rest = new List<WireRange>();
        foreach (var range in Ranges)
        {
            var start = Math.Max(range.Start, offset);
            if (start < range.End)
                rest.Add(new WireRange(start, range.End - start));
        }
        return rest.Count == 0 ? null : new Piece(rest);
    }
}
