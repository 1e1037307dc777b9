namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// One chunk of up to 1,024 bytes being filled (BLAKE3 section 2.4). The last block is kept back, because only the
/// end of the chunk tells that it is the last.
/// </summary>
internal unsafe struct Blake3Chunk
{
    private Blake3Node _node;
    private int _blocksDone;
    private uint _modeFlags;

    public Blake3Chunk(in Blake3Key key, ulong index)
    {
        _modeFlags = key.Flags;
        fixed (uint* cv = _node.Cv) ((ReadOnlySpan<uint>)key.Words).CopyTo(new Span<uint>(cv, 8));
        _node.Counter = index;
    }

    /// <summary>Position of this chunk in the content, in chunks.</summary>
    public readonly ulong Index => _node.Counter;

    /// <summary>Bytes taken so far, 0 to 1,024.</summary>
    public readonly int Length => _blocksDone * Blake3Constants.BlockSize + (int)_node.BlockLength;

    private readonly uint StartFlag => _blocksDone == 0 ? Blake3Constants.ChunkStart : 0;

    /// <summary>Adds bytes; together with those before they are at most 1,024.</summary>
    public void Append(ReadOnlySpan<byte> input)
    {
        fixed (uint* cv = _node.Cv)
        fixed (byte* block = _node.Block)
        fixed (byte* start = input)
        {
            var next = start;
            var left = input.Length;
            while (left > 0)
            {
                if (_node.BlockLength == Blake3Constants.BlockSize) Flush(cv, block);
                if (_node.BlockLength == 0 && left > Blake3Constants.BlockSize)
                {
                    Blake3Scalar.Advance(cv, next, Blake3Constants.BlockSize, Index, _modeFlags | StartFlag);
                    _blocksDone++;
                    next += Blake3Constants.BlockSize;
                    left -= Blake3Constants.BlockSize;
                    continue;
                }

                var take = Math.Min(left, Blake3Constants.BlockSize - (int)_node.BlockLength);
                new ReadOnlySpan<byte>(next, take).CopyTo(new Span<byte>(block + _node.BlockLength, take));
                _node.BlockLength += (uint)take;
                next += take;
                left -= take;
            }
        }
    }

    /// <summary>The chunk as a node, its last block padded with zero bytes.</summary>
    public readonly Blake3Node ToNode()
    {
        var node = _node;
        node.Flags = _modeFlags | StartFlag | Blake3Constants.ChunkEnd;
        new Span<byte>(node.Block + node.BlockLength, Blake3Constants.BlockSize - (int)node.BlockLength).Clear();
        return node;
    }

    private void Flush(uint* cv, byte* block)
    {
        Blake3Scalar.Advance(cv, block, Blake3Constants.BlockSize, Index, _modeFlags | StartFlag);
        _blocksDone++;
        _node.BlockLength = 0;
    }
}
