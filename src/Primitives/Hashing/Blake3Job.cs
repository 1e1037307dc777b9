namespace Omega.P2P.Primitives.Hashing;

/// <summary>What one kernel call does to each of its inputs.</summary>
internal unsafe struct Blake3Job
{
    /// <summary>Eight key words, pinned by the caller.</summary>
    public uint* Key;

    /// <summary>64-byte blocks in each input: 16 for a chunk, 1 for a parent.</summary>
    public int Blocks;

    /// <summary>Counter of the first input.</summary>
    public ulong Counter;

    /// <summary>1 when the counter grows from input to input (chunks), 0 when not (parents).</summary>
    public ulong CounterStep;

    /// <summary>Flags of every block.</summary>
    public uint Flags;

    /// <summary>Added for the first block.</summary>
    public uint FirstFlag;

    /// <summary>Added for the last block.</summary>
    public uint LastFlag;
}
