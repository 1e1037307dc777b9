using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Blocks by their own names, for those who ask by BlockId.</summary>
public sealed partial class DomainStore
{
    /// <summary>What is known of blocks, in the order asked; null for one never sealed here. Costs one pass over the
    /// chunk lists of all contents, however many are asked.</summary>
    /// <exception cref="StoreDamagedException">A block's directory, or a chunk list, cannot be read.</exception>
    public IReadOnlyList<BlockInfo?> FindBlocks(IReadOnlyList<BlockId> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
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
                ? new BlockInfo(id, block.Length, block.IsHere, [.. inside[id].Select(part => users[part])])
                : null),
        ];
    }

    /// <summary>For each object the artifacts it is a part of: bytes, chunk list or outboard.</summary>
    private Dictionary<Hash256, IReadOnlyList<ArtifactInfo>> UsersOf(IEnumerable<Hash256> objects)
    {
        var users = new Dictionary<Hash256, List<ArtifactRecord>>();
        foreach (var part in objects)
        {
            users.TryAdd(part, []);
        }

        List<ArtifactRecord> records = [];
        if (users.Count > 0)
        {
            lock (_core.State)
            {
                records = [.. _core.Artifacts.InOrder()];
            }
        }

        using var reader = new ObjectReader(_core);
        foreach (var sameContent in records.GroupBy(record => record.Content))
        {
            foreach (var part in ObjectsOf(sameContent.Key, reader).ToHashSet())
            {
                if (users.TryGetValue(part, out var found))
                {
                    found.AddRange(sameContent);
                }
            }
        }

        return users.ToDictionary(
            pair => pair.Key, pair => (IReadOnlyList<ArtifactInfo>)[.. pair.Value.Select(InfoOf)]);
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
