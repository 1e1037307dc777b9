using System.Numerics;
using System.Runtime.CompilerServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// A hashed piece of a larger content: the two 32-byte chaining values below its top node. Threads that read pieces
/// of a file into their own buffers hash them where they are still in cache, in any order; one
/// <see cref="Blake3Hasher.Append"/> per piece, in order, then gives the hash. Plain mode only. 80 bytes, no heap.
/// </summary>
public readonly struct Blake3Subtree
{
    private readonly Bytes64 _children;

    private Blake3Subtree(long offset, int length, ReadOnlySpan<byte> children)
    {
        Offset = offset;
        Length = length;
        children.CopyTo(_children);
    }

    /// <summary>Byte position of the piece in the content.</summary>
    public long Offset { get; }

    /// <summary>Bytes in the piece.</summary>
    public int Length { get; }

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    internal ReadOnlySpan<byte> Children => _children;

    /// <summary>
    /// Hashes a piece whose length is a power of two of at least 2,048 bytes and whose offset is a multiple of its
    /// length; anything else throws <see cref="ArgumentException"/>. The rest at a content's end goes to
    /// <see cref="Blake3Hasher.Update(ReadOnlySpan{byte})"/>.
    /// </summary>
    public static Blake3Subtree Of(ReadOnlySpan<byte> piece, long offset)
    {
        var isPiece = piece.Length >= 2 * Blake3Constants.ChunkSize && BitOperations.IsPow2(piece.Length);
        if (!isPiece) throw new ArgumentException("A piece has a power of two of bytes from 2,048.", nameof(piece));
        if (offset < 0 || offset % piece.Length != 0)
        {
            throw new ArgumentException("A piece lies at a multiple of its length.", nameof(offset));
        }

        Span<byte> children = stackalloc byte[Blake3Constants.ParentSize];
        Blake3Tree.Children(piece, (ulong)offset / Blake3Constants.ChunkSize, Blake3Key.Plain, children);
        return new Blake3Subtree(offset, piece.Length, children);
    }

    /// <summary>
    /// The piece that two pieces of one length make when the second follows the first; pieces that do not fit so, and
    /// a first one that is not at a multiple of both lengths, throw <see cref="ArgumentException"/>.
    /// </summary>
    public static Blake3Subtree Join(in Blake3Subtree left, in Blake3Subtree right)
    {
        var length = left.Length * 2;
        if (left.Length == 0 || left.Length != right.Length || length < 0)
        {
            throw new ArgumentException("The pieces differ in length or are too long.", nameof(right));
        }

        if (left.Offset % length != 0 || right.Offset != left.Offset + left.Length)
        {
            throw new ArgumentException("The pieces are no neighbours below one node.", nameof(right));
        }

        Span<byte> children = stackalloc byte[Blake3Constants.ParentSize];
        Blake3Node.FromParent(left.Children, Blake3Key.Plain).WriteCv(children[..Blake3Constants.CvSize]);
        Blake3Node.FromParent(right.Children, Blake3Key.Plain).WriteCv(children[Blake3Constants.CvSize..]);
        return new Blake3Subtree(left.Offset, length, children);
    }

    [InlineArray(Blake3Constants.ParentSize)]
    private struct Bytes64
    {
        private byte _first;
    }
}
