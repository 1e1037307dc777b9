using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// One tree node before its last compression: input chaining value, block, length, counter and flags. Whether it is
/// the root is only known at the end, and the root is compressed with another flag (BLAKE3 section 2.5), hence this
/// stage.
/// </summary>
internal unsafe struct Blake3Node
{
    public fixed uint Cv[8];
    public fixed byte Block[Blake3Constants.BlockSize];
    public uint BlockLength;
    public ulong Counter;
    public uint Flags;

    /// <summary>The node above two chaining values given as 64 bytes, left then right.</summary>
    public static Blake3Node FromParent(ReadOnlySpan<byte> children, in Blake3Key key)
    {
        var node = new Blake3Node
        {
            BlockLength = Blake3Constants.BlockSize,
            Flags = key.Flags | Blake3Constants.Parent,
        };
        ((ReadOnlySpan<uint>)key.Words).CopyTo(new Span<uint>(node.Cv, 8));
        children[..Blake3Constants.ParentSize].CopyTo(new Span<byte>(node.Block, Blake3Constants.BlockSize));
        return node;
    }

    /// <summary>Writes the 32-byte chaining value of a node that is not the root.</summary>
    public readonly void WriteCv(Span<byte> output) => WriteShort(output, rootFlag: 0);

    /// <summary>
    /// Writes 32 bytes: the root hash when <paramref name="isRoot"/>, the chaining value otherwise.
    /// </summary>
    public readonly void WriteCv(Span<byte> output, bool isRoot) =>
        WriteShort(output, isRoot ? Blake3Constants.Root : 0);

    /// <summary>
    /// Writes root output bytes from byte position <paramref name="offset"/> on (BLAKE3 section 2.6).
    /// </summary>
    public readonly void WriteRoot(Span<byte> output, ulong offset)
    {
        var words = stackalloc uint[16];
        var bytes = new ReadOnlySpan<byte>(words, Blake3Constants.BlockSize);
        var skip = (int)(offset % Blake3Constants.BlockSize);
        var counter = offset / Blake3Constants.BlockSize;
        fixed (uint* cv = Cv)
        fixed (byte* block = Block)
        {
            while (!output.IsEmpty)
            {
                Blake3Scalar.Compress(cv, block, BlockLength, counter, Flags | Blake3Constants.Root, words);
                var take = Math.Min(output.Length, Blake3Constants.BlockSize - skip);
                bytes.Slice(skip, take).CopyTo(output);
                output = output[take..];
                skip = 0;
                counter++;
            }
        }
    }

    private readonly void WriteShort(Span<byte> output, uint rootFlag)
    {
        var words = stackalloc uint[16];
        fixed (uint* cv = Cv)
        fixed (byte* block = Block)
        {
            Blake3Scalar.Compress(cv, block, BlockLength, rootFlag == 0 ? Counter : 0, Flags | rootFlag, words);
        }
        new ReadOnlySpan<byte>(words, Blake3Constants.CvSize).CopyTo(output);
    }
}
