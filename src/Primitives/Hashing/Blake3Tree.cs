using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// The BLAKE3 tree over a span: chunks are hashed side by side, then each level of parents side by side. Pairing
/// neighbours level by level and carrying an odd last one up gives the tree of section 2.1 of the specification,
/// where every left subtree is a complete one.
/// </summary>
internal static unsafe class Blake3Tree
{
    /// <summary>
    /// Chunks handled level by level on the stack (8 KiB of chaining values): 256 KiB, inside one core's L2.
    /// </summary>
    public const int PieceChunks = 256;

    private const int PieceSize = PieceChunks * Blake3Constants.ChunkSize;

    /// <summary>The root node of a whole content.</summary>
    public static Blake3Node RootOf(ReadOnlySpan<byte> content, in Blake3Key key) => SubtreeOf(content, 0, in key);

    /// <summary>
    /// The node on top of a subtree: <paramref name="input"/> starts at chunk <paramref name="firstChunk"/>, is not
    /// empty unless it is the whole content, and ends the content or has a power of two of chunks.
    /// </summary>
    public static Blake3Node SubtreeOf(ReadOnlySpan<byte> input, ulong firstChunk, in Blake3Key key)
    {
        if (input.Length <= Blake3Constants.ChunkSize)
        {
            var chunk = new Blake3Chunk(in key, firstChunk);
            chunk.Append(input);
            return chunk.ToNode();
        }

        Span<byte> children = stackalloc byte[Blake3Constants.ParentSize];
        Children(input, firstChunk, in key, children);
        return Blake3Node.FromParent(children, in key);
    }

    /// <summary>
    /// Writes the two chaining values (64 bytes) below the node on top of <paramref name="input"/>, which is longer
    /// than one chunk and otherwise as for <see cref="SubtreeOf"/>.
    /// </summary>
    [SkipLocalsInit]
    public static void Children(ReadOnlySpan<byte> input, ulong firstChunk, in Blake3Key key, Span<byte> children)
    {
        Debug.Assert(input.Length > Blake3Constants.ChunkSize, "One chunk has no children.");
        if (input.Length > PieceSize)
        {
            var left = LeftLength(input.Length);
            SubtreeCv(input[..left], firstChunk, in key, children[..Blake3Constants.CvSize]);
            var rightChunk = firstChunk + (ulong)(left / Blake3Constants.ChunkSize);
            SubtreeCv(input[left..], rightChunk, in key, children[Blake3Constants.CvSize..]);
            return;
        }

        Span<byte> cvs = stackalloc byte[PieceChunks * Blake3Constants.CvSize];
        var count = ChunkCvs(input, firstChunk, in key, cvs);
        while (count > 2) count = ParentLevel(cvs, count, in key);
        cvs[..Blake3Constants.ParentSize].CopyTo(children);
    }

    /// <summary>
    /// Hashes every chunk of <paramref name="input"/> (the last may be short) to 32 bytes each; returns their number.
    /// </summary>
    public static int ChunkCvs(ReadOnlySpan<byte> input, ulong firstChunk, in Blake3Key key, Span<byte> cvs)
    {
        var whole = input.Length / Blake3Constants.ChunkSize;
        Blake3Kernel.HashChunks(input, whole, firstChunk, in key, cvs);
        var rest = input[(whole * Blake3Constants.ChunkSize)..];
        if (rest.IsEmpty) return whole;
        var chunk = new Blake3Chunk(in key, firstChunk + (ulong)whole);
        chunk.Append(rest);
        chunk.ToNode().WriteCv(cvs[(whole * Blake3Constants.CvSize)..]);
        return whole + 1;
    }

    /// <summary>
    /// Replaces <paramref name="count"/> values by those one level up, in place; returns their number.
    /// </summary>
    public static int ParentLevel(Span<byte> cvs, int count, in Blake3Key key)
    {
        var pairs = count / 2;
        Blake3Kernel.HashParents(cvs, pairs, in key, cvs);
        if (count % 2 == 0) return pairs;
        cvs.Slice((count - 1) * Blake3Constants.CvSize, Blake3Constants.CvSize)
            .CopyTo(cvs[(pairs * Blake3Constants.CvSize)..]);
        return pairs + 1;
    }

    /// <summary>
    /// Bytes of the left subtree: the largest power of two of chunks that leaves at least one byte on the right.
    /// </summary>
    public static int LeftLength(int length)
    {
        var lastChunk = (uint)(length - 1) / Blake3Constants.ChunkSize;
        return Blake3Constants.ChunkSize << BitOperations.Log2(lastChunk);
    }

    private static void SubtreeCv(ReadOnlySpan<byte> input, ulong firstChunk, in Blake3Key key, Span<byte> cv) =>
        SubtreeOf(input, firstChunk, in key).WriteCv(cv);
}
