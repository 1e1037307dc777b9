using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// Full-subtree hashes in memory, about 64 bytes a leaf: what a follower keeps of a small log, and what tests and
/// simulations use. Not safe for concurrent writers.
/// </summary>
public sealed class NodeHashes : INodeHashSource, INodeHashSink
{
    private readonly List<List<Hash256>> _levels = [];

    /// <summary>Count of leaf hashes held.</summary>
    public long Size => _levels.Count == 0 ? 0 : _levels[0].Count;

    /// <inheritdoc/>
    public Hash256 Node(int level, long index) => _levels[level][checked((int)index)];

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The hash is not the next one of its level.</exception>
    public void Put(int level, long index, Hash256 hash)
    {
        while (_levels.Count <= level)
            _levels.Add([]);
        if (_levels[level].Count != index)
            throw new InvalidOperationException($"level {level} holds {_levels[level].Count} hashes, not {index}");
        _levels[level].Add(hash);
    }
}
