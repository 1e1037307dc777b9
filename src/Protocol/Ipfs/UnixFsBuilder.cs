using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>
/// Makes the dag-pb tree of a UnixFS file over leaves that are raw blocks: balanced, at most
/// <see cref="IpfsLimits.LinksMade"/> links a node, so the same leaves always give the same root. A file of one leaf is
/// that leaf. Nodes are handed out as soon as they are full; memory is one node per level. Not thread-safe.
/// </summary>
/// <param name="onNode">Takes each node, children before parents.</param>
/// <param name="hashCode">Names the nodes: BLAKE3, as our leaves are named, or SHA2-256.</param>
public sealed class UnixFsBuilder(Action<UnixFsBranch> onNode, ulong hashCode = Cid.HashBlake3)
{
    private readonly List<List<Part>> _levels = [[]];
    private bool _isFinished;

    /// <summary>A subtree: its CID, its bytes of the file, and its bytes with all nodes.</summary>
    private readonly record struct Part(Cid Cid, long Start, ulong FileBytes, ulong TreeBytes);

    /// <summary>Bytes of the file so far.</summary>
    public long Size { get; private set; }

    /// <summary>Bytes of the whole tree, its nodes included; known after <see cref="Finish"/>.</summary>
    public ulong TreeBytes { get; private set; }

    /// <summary>Adds the next leaf, a raw block of that many bytes.</summary>
    public void Add(Cid leaf, int length)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ObjectDisposedException.ThrowIf(_isFinished, this);
        AddAt(0, new Part(leaf, Size, (ulong)length, (ulong)length));
        Size += length;
    }

    /// <summary>The root. A file without leaves is the raw block of no bytes.</summary>
    public Cid Finish()
    {
        _isFinished = true;
        if (_levels[0].Count == 0 && _levels.Count == 1)
            return CidHash.Of(Cid.CodecRaw, hashCode, []);
        for (var level = 0; level < _levels.Count - 1; level++)
        {
            if (_levels[level].Count > 0)
                Fold(level);
        }

        if (_levels[^1].Count > 1)
            Fold(_levels.Count - 1);
        TreeBytes = _levels[^1][0].TreeBytes;
        return _levels[^1][0].Cid;
    }

    /// <summary>The bytes of the node over up to <see cref="IpfsLimits.LinksMade"/> leaves, as a builder makes it.
    /// </summary>
    public static byte[] NodeOver(IEnumerable<(Cid Cid, int Length)> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return Encode([.. leaves.Select(l => new Part(l.Cid, 0, (ulong)l.Length, (ulong)l.Length))], out _);
    }

    private void AddAt(int level, Part part)
    {
        if (level == _levels.Count)
            _levels.Add([]);
        if (_levels[level].Count == IpfsLimits.LinksMade)
            Fold(level);
        _levels[level].Add(part);
    }

    private void Fold(int level)
    {
        var parts = _levels[level];
        var node = Encode(parts, out var fileBytes);
        var cid = CidHash.Of(Cid.CodecDagPb, hashCode, node);
        var treeBytes = parts.Aggregate((ulong)node.Length, (sum, part) => sum + part.TreeBytes);
        var start = parts[0].Start;
        parts.Clear();
        onNode(new UnixFsBranch(cid, node, level, start));
        AddAt(level + 1, new Part(cid, start, fileBytes, treeBytes));
    }

    private static byte[] Encode(List<Part> parts, out ulong fileBytes)
    {
        fileBytes = parts.Aggregate(0UL, (sum, part) => sum + part.FileBytes);
        var unixFs = new UnixFsNode(UnixFsKind.File, default, fileBytes, [.. parts.Select(part => part.FileBytes)]);
        return new DagPbNode(
            [.. parts.Select(part => new DagPbLink(part.Cid, "", part.TreeBytes))], unixFs.Encode()).Encode();
    }
}

/// <summary>A node of a UnixFS file.</summary>
/// <param name="Cid">Its name.</param>
/// <param name="Bytes">The dag-pb node.</param>
/// <param name="Level">0 where its links lead to leaves.</param>
/// <param name="Start">Where in the file the bytes below it begin.</param>
public sealed record UnixFsBranch(Cid Cid, byte[] Bytes, int Level, long Start);
