using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Ranges of one content that one request asks for; never empty.</summary>
internal sealed record Piece(IReadOnlyList<WireRange> Ranges)
{
    public long Start => Ranges[0].Start;

    public long End => Ranges[^1].End;

    public long Bytes => Ranges.Sum(r => r.Length);

    /// <summary>What is left when everything below an offset has come; null when nothing is.</summary>
    public Piece? After(long offset) =>
        Of(Ranges.Select(r => (Start: Math.Max(r.Start, offset), r.End)).Where(r => r.Start < r.End));

    /// <summary>What lies below an offset; null when nothing does.</summary>
    public Piece? Before(long offset) =>
        Of(Ranges.Select(r => (r.Start, End: Math.Min(r.End, offset))).Where(r => r.Start < r.End));

    private static Piece? Of(IEnumerable<(long Start, long End)> parts)
    {
        var ranges = parts.Select(r => new WireRange(r.Start, r.End - r.Start)).ToList();
        return ranges.Count == 0 ? null : new Piece(ranges);
    }
}
