using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Blocks by their own names, for those who ask by BlockId.</summary>
public sealed partial class DomainStore
{
    /// <summary>What is known of blocks, in the order asked; null for one never sealed here. Costs what is in them. Of
    /// bytes that came in a moment ago the users may not be known yet.</summary>
    /// <exception cref="StoreDamagedException">A block's directory, or a chunk list, cannot be read.</exception>
    public IReadOnlyList<BlockInfo?> FindBlocks(IReadOnlyList<BlockId> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count == 0)
        {
            return [];
        }

        var known = new Dictionary<BlockId, (long Length, bool IsHere)>();
        lock (_core.State)
        {
            foreach (var id in ids)
            {
                if (_core.Chunks.TryGetBlock(id, out var block))
                {
                    known[id] = (block!.Length, block.IsHere);
                }
            }
        }

        var inside = known.Keys.ToDictionary(
            id => id, id => _core.Blocks.ReadDirectory(id).Entries.Select(entry => entry.Id).Distinct().ToList());
        var users = UsersOf(inside.Values.SelectMany(objects => objects));
        return
        [
            .. ids.Select(id => known.TryGetValue(id, out var block)
                ? new BlockInfo(id, block.Length, block.IsHere,
                    [.. inside[id].Select(part => (IReadOnlyList<ArtifactInfo>)[.. users[part].Select(InfoOf)])])
                : null),
        ];
    }

    /// <summary>For each object the live artifacts it is a part of: bytes, chunk list or outboard.</summary>
    private Dictionary<Hash256, List<ArtifactRecord>> UsersOf(IEnumerable<Hash256> objects)
    {
        CatchUpBriefly();
        var users = new Dictionary<Hash256, List<ArtifactRecord>>();
        foreach (var part in objects)
        {
            lock (_core.State)
            {
                if (!users.ContainsKey(part))
                {
                    users.Add(part, [.. _state.Uses.ArtifactsWith(part)]);
                }
            }
        }

        return users;
    }

    /// <summary>Contents with a chunk list, told by the directories of the blocks that hold lists, and by the lists
    /// that wait in the log. In memory of one block at a time; some come twice.</summary>
    private IEnumerable<ContentId> CutContents()
    {
        HashSet<ClassTag> lists;
        List<Hash256> waiting;
        lock (_core.State)
        {
            lists = [.. _core.Classes.Where(known => known.IsLists).Select(known => known.Tag)];
            waiting = [.. _core.Pending.Lists];
        }

        return BlocksById([]).Where(block => lists.Contains(block.Class))
            .SelectMany(block => _core.Blocks.ReadDirectory(block.Id).Entries)
            .Where(entry => entry.Codec == BlockCodec.ChunkList).Select(entry => entry.Id).Concat(waiting)
            .Select(ContentId.From);
    }

    private IEnumerable<Hash256> ObjectsOf(ContentId content, ObjectReader reader)
    {
        yield return content.Hash;
        if (!_core.TryReadList(content, out var list))
        {
            yield break;
        }

        foreach (var part in new ContentLayout(reader, list!.Chunks).Objects())
        {
            yield return part;
        }

        foreach (var part in new ContentLayout(reader, list.Outboard).Objects())
        {
            yield return part;
        }
    }
}

/// <summary>A sealed block and whose bytes are in it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Length">Bytes, directory included.</param>
/// <param name="IsHere">False where it was evicted.</param>
/// <param name="Users">One list per object inside: the artifacts it is a part of; empty for one that nothing uses.
/// </param>
public sealed record BlockInfo(
    BlockId Id, long Length, bool IsHere, IReadOnlyList<IReadOnlyList<ArtifactInfo>> Users);
