using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// Incremental BLAKE3. Feed large spans (64 KiB and more) for full speed: whole subtrees go to the SIMD kernels
/// straight from the caller's memory. One thread at a time; input is not kept after a call returns. 2 KiB of state.
/// </summary>
public sealed class Blake3Hasher : IDisposable
{
    /// <summary>Chaining values that can wait: one for each bit of a 54-bit chunk count, and one more.</summary>
    private const int StackDepth = 55;

    /// <summary>Smallest piece worth a hand-over to another thread: 128 KiB, some 15 µs of work.</summary>
    private const int ParallelPieceSize = 128 * 1024;

    private readonly byte[] _stack = new byte[StackDepth * Blake3Constants.CvSize];
    private Blake3Key _key;
    private Blake3Chunk _chunk;
    private int _stackCount;

    private Blake3Hasher(in Blake3Key key)
    {
        _key = key;
        Reset();
    }

    /// <summary>Plain hashing.</summary>
    public static Blake3Hasher Create() => new(Blake3Key.Plain);

    /// <summary>
    /// Keyed hashing; a key of another length than 32 bytes throws <see cref="ArgumentException"/>.
    /// </summary>
    public static Blake3Hasher CreateKeyed(ReadOnlySpan<byte> key) => new(Blake3Key.Keyed(key));

    /// <summary>
    /// Key derivation: the updates are the material, <paramref name="context"/> a hard-coded string.
    /// </summary>
    public static Blake3Hasher CreateDeriveKey(string context) => new(Blake3Key.DeriveKey(context));

    /// <summary>Adds bytes at the end of the input.</summary>
    public void Update(ReadOnlySpan<byte> input)
    {
        input = FillChunk(input);
        Span<byte> children = stackalloc byte[Blake3Constants.ParentSize];
        while (input.Length > Blake3Constants.ChunkSize)
        {
            var length = NextSubtree(input.Length);
            if (length == Blake3Constants.ChunkSize)
            {
                _chunk.Append(input[..length]);
                FinishChunk();
            }
            else
            {
                Blake3Tree.Children(input[..length], _chunk.Index, in _key, children);
                PushChildren(children, length);
            }

            input = input[length..];
        }

        if (input.IsEmpty) return;
        MergeStack();
        _chunk.Append(input);
    }

    /// <summary>
    /// As <see cref="Update(ReadOnlySpan{byte})"/>, with subtrees hashed side by side on
    /// <paramref name="scheduler"/>; returns when all is hashed.
    /// Allocates a closure and rents 64 bytes for each piece of 128 KiB or more.
    /// </summary>
    public void Update(ReadOnlyMemory<byte> input, IParallelScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        if (scheduler.Degree > 1)
        {
            var left = FillChunk(input.Span).Length;
            while (left >= 2 * ParallelPieceSize)
            {
                var length = NextSubtree(left);
                var subtree = input.Slice(input.Length - left, length);
                if (length >= 2 * ParallelPieceSize) UpdateParallel(subtree, scheduler);
                else Update(subtree.Span);
                left -= length;
                left = FillChunk(input.Span[(input.Length - left)..]).Length;
            }

            input = input[(input.Length - left)..];
        }

        Update(input.Span);
    }

    /// <summary>
    /// Adds a piece hashed elsewhere. It must begin where the input so far ends, and this hasher be a plain one;
    /// otherwise <see cref="ArgumentException"/>.
    /// </summary>
    public void Append(in Blake3Subtree piece)
    {
        if (_key.Flags != 0) throw new ArgumentException("Pieces are hashed in plain mode.", nameof(piece));
        var length = _chunk.Index * Blake3Constants.ChunkSize + (ulong)_chunk.Length;
        if (length != (ulong)piece.Offset || piece.Length == 0)
        {
            throw new ArgumentException("The piece does not begin where the input ends.", nameof(piece));
        }

        if (_chunk.Length > 0) FinishChunk();
        PushChildren(piece.Children, piece.Length);
    }

    /// <summary>The 32-byte hash of the input so far; more may follow.</summary>
    public Hash256 Finish()
    {
        Span<byte> output = stackalloc byte[Hash256.Size];
        Finish(output);
        return Hash256.From(output);
    }

    /// <summary>
    /// Writes extended output (XOF) from byte position <paramref name="offset"/> on; more input may follow. The
    /// first 32 bytes at offset 0 are the hash.
    /// </summary>
    public void Finish(Span<byte> output, ulong offset = 0)
    {
        Span<byte> children = stackalloc byte[Blake3Constants.ParentSize];
        var next = _stackCount;
        Blake3Node node;
        if (_chunk.Length > 0 || next == 0)
        {
            node = _chunk.ToNode();
        }
        else
        {
            next -= 2;
            node = Blake3Node.FromParent(StackFrom(next), in _key);
        }

        while (next > 0)
        {
            next--;
            StackFrom(next)[..Blake3Constants.CvSize].CopyTo(children);
            node.WriteCv(children[Blake3Constants.CvSize..]);
            node = Blake3Node.FromParent(children, in _key);
        }

        node.WriteRoot(output, offset);
    }

    /// <summary>Back to the empty input, same mode and key.</summary>
    public void Reset()
    {
        _chunk = new Blake3Chunk(in _key, 0);
        _stackCount = 0;
    }

    /// <summary>Wipes the key and the state. The object must not be used afterwards.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_stack);
        _key = default;
        _chunk = default;
        _stackCount = 0;
    }

    /// <summary>Completes a chunk already begun; it is finished only when more bytes follow it.</summary>
    private ReadOnlySpan<byte> FillChunk(ReadOnlySpan<byte> input)
    {
        if (_chunk.Length == 0) return input;
        var take = Math.Min(input.Length, Blake3Constants.ChunkSize - _chunk.Length);
        _chunk.Append(input[..take]);
        input = input[take..];
        if (!input.IsEmpty) FinishChunk();
        return input;
    }

    private void FinishChunk()
    {
        MergeStack();
        _chunk.ToNode().WriteCv(StackFrom(_stackCount++));
        _chunk = new Blake3Chunk(in _key, _chunk.Index + 1);
    }

    /// <summary>Bytes of the largest complete subtree that may start at the present chunk.</summary>
    private int NextSubtree(int available)
    {
        var chunks = 1UL << BitOperations.Log2((uint)available / Blake3Constants.ChunkSize);
        if (_chunk.Index != 0) chunks = Math.Min(chunks, 1UL << BitOperations.TrailingZeroCount(_chunk.Index));
        return (int)chunks * Blake3Constants.ChunkSize;
    }

    private void UpdateParallel(ReadOnlyMemory<byte> input, IParallelScheduler scheduler)
    {
        var wanted = (int)BitOperations.RoundUpToPowerOf2((uint)scheduler.Degree) * 4;
        var count = Math.Min(wanted, input.Length / ParallelPieceSize);
        var size = input.Length / count;
        var children = ArrayPool<byte>.Shared.Rent(count * Blake3Constants.ParentSize);
        var key = _key;
        var first = _chunk.Index;
        scheduler.Run(count, i => Blake3Tree.Children(
            input.Span.Slice(i * size, size),
            first + (ulong)i * (ulong)(size / Blake3Constants.ChunkSize),
            in key,
            children.AsSpan(i * Blake3Constants.ParentSize, Blake3Constants.ParentSize)));
        for (var i = 0; i < count; i++)
        {
            PushChildren(children.AsSpan(i * Blake3Constants.ParentSize, Blake3Constants.ParentSize), size);
        }

        ArrayPool<byte>.Shared.Return(children);
    }

    /// <summary>Two values, not their parent: were this the whole input, the parent would be the root.</summary>
    private void PushChildren(ReadOnlySpan<byte> children, int length)
    {
        MergeStack();
        children.CopyTo(StackFrom(_stackCount));
        _stackCount += 2;
        _chunk = new Blake3Chunk(in _key, _chunk.Index + (ulong)(length / Blake3Constants.ChunkSize));
    }

    /// <summary>
    /// Merges what is complete now that more input is known to follow: one value stays for each set bit of the chunk
    /// count.
    /// </summary>
    private void MergeStack()
    {
        var kept = BitOperations.PopCount(_chunk.Index);
        while (_stackCount > kept)
        {
            _stackCount--;
            var pair = StackFrom(_stackCount - 1);
            Blake3Node.FromParent(pair, in _key).WriteCv(pair);
        }
    }

    private Span<byte> StackFrom(int index) => _stack.AsSpan(index * Blake3Constants.CvSize);
}
