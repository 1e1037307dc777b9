using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Storage;

namespace Omega.P2P.Engine.Ipfs;

/// <summary>
/// The blocks that strangers may have: of contents of the own domain that are published to <c>public</c> now, and of
/// nothing else (law 7). Their chunks, the UnixFS nodes over these, and a small content as a whole. A view: made from
/// the store on the first question, and kept up by what is published and taken back since; nothing of it is on disk.
/// One caller; what <see cref="TryFind"/> gives may be called anywhere.
/// </summary>
internal sealed class PublicBlocks(DomainStore store)
{
    private const string Public = "public";

    private readonly Dictionary<Hash256, Block> _blocks = [];
    private readonly Dictionary<ArtifactKey, ContentId> _artifacts = [];
    private readonly Dictionary<ContentId, int> _contents = [];
    private long _changes = -1;

    /// <summary>Where a block's bytes come from; about 60 bytes in memory for each.</summary>
    /// <param name="Length">Bytes.</param>
    /// <param name="Uses">Contents it is a part of.</param>
    /// <param name="Place">Null: a chunk under its own hash. Otherwise the bytes themselves, a
    /// <see cref="LeafNode"/>, or the <see cref="ContentId"/> of a whole content.</param>
    private readonly record struct Block(int Length, int Uses, object? Place);

    /// <summary>A UnixFS node whose links lead to chunks: made again when it is wanted.</summary>
    private sealed record LeafNode(ContentId Content, long Start);

    /// <summary>How one reads the block under a BLAKE3 hash, null where its bytes are away; false for what is not
    /// public.</summary>
    public bool TryFind(Hash256 hash, out Func<byte[]?> read)
    {
        Refresh();
        if (!_blocks.TryGetValue(hash, out var block))
        {
            read = () => null;
            return false;
        }

        read = block.Place switch
        {
            byte[] bytes => () => bytes,
            LeafNode node => () => Node(node),
            ContentId content => () => Whole(content, block.Length),
            _ => () => store.TryReadChunk(hash, out var bytes) ? bytes : null,
        };
        return true;
    }

    /// <summary>Costs what was published and taken back since the last time.</summary>
    private void Refresh()
    {
        var changes = _changes;
        var isFollowed = store.Published.TryFollow(Public, ref changes, out var changed);
        if (isFollowed && changed.Count == 0)
            return;
        List<ArtifactKey> gone =
        [
            .. isFollowed
                ? changed.Where(key => _artifacts.ContainsKey(key) && !store.Published.Contains(Public, key))
                : _artifacts.Keys.Except(store.Published.KeysOf(Public)),
        ];
        if (!gone.TrueForAll(TryForget))
        {
            // The store has forgotten what was taken back: what it was made of is learned by making all again.
            _artifacts.Clear();
            _contents.Clear();
            _blocks.Clear();
            isFollowed = false;
        }

        foreach (var key in isFollowed ? changed : store.Published.KeysOf(Public))
        {
            if (!_artifacts.ContainsKey(key) && store.Published.Contains(Public, key)
                && store.TryGet(key, out var info))
            {
                Use(info!.Content, info.Size); // true comes with an artifact
                _artifacts.Add(key, info.Content);
            }
        }

        _changes = changes;
    }

    private void Use(ContentId content, long size)
    {
        if (_contents.TryGetValue(content, out var uses))
        {
            _contents[content] = uses + 1;
            return;
        }

        // Nothing is noted of a content that cannot be read now: it is looked at again the next time.
        var blocks = BlocksOf(content, size);
        _contents.Add(content, 1);
        foreach (var (hash, block) in blocks)
            _blocks[hash] = _blocks.TryGetValue(hash, out var known) ? known with { Uses = known.Uses + 1 } : block;
    }

    private bool TryForget(ArtifactKey key)
    {
        _artifacts.Remove(key, out var content);
        if (--_contents[content] > 0)
            return true;
        _contents.Remove(content);
        try
        {
            foreach (var hash in BlocksOf(content, store.ChunksOf(content).Sum(chunk => (long)chunk.Length)).Keys)
            {
                if (_blocks.TryGetValue(hash, out var known) && known.Uses > 1)
                    _blocks[hash] = known with { Uses = known.Uses - 1 };
                else
                    _blocks.Remove(hash);
            }

            return true;
        }
        catch (StoreRefusedException)
        {
            return false;
        }
    }

    /// <summary>Every block of a content, each once.</summary>
    private Dictionary<Hash256, Block> BlocksOf(ContentId content, long size)
    {
        var chunks = store.ChunksOf(content);
        var found = chunks.DistinctBy(chunk => chunk.Id).ToDictionary(c => c.Id, c => new Block(c.Length, 1, null));
        if (chunks.Count != 1 && size <= IpfsLimits.BlockBytes)
            found[content.Hash] = new Block((int)size, 1, size == 0 ? Array.Empty<byte>() : content);
        UnixFsFile.Build(chunks, branch =>
        {
            object place = branch.Level == 0 ? new LeafNode(content, branch.Start) : branch.Bytes;
            found[Hash256.From(branch.Cid.Digest)] = new Block(branch.Bytes.Length, 1, place);
        });
        return found;
    }

    private byte[] Node(LeafNode node) => UnixFsBuilder.NodeOver(
        store.ChunksOf(node.Content, node.Start, IpfsLimits.LinksMade)
            .Select(chunk => (UnixFsFile.CidOf(chunk), chunk.Length)));

    private byte[]? Whole(ContentId content, int length)
    {
        try
        {
            using var reader = store.OpenContent(content);
            var bytes = new byte[length];
            reader.ReadAt(0, bytes);
            return bytes;
        }
        catch (NotHereException)
        {
            return null;
        }
    }
}
