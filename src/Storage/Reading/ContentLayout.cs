using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Reading;

/// <summary>A chunk of a content with its position in it.</summary>
internal readonly record struct ChunkAt(Hash256 Id, long Start, long Length)
{
    public long End => Start + Length;
}

/// <summary>
/// The sequence of chunks that make a content (or its outboard), found by offset with one page read per list level, or
/// walked in order in memory of one page per level. Not thread-safe.
/// </summary>
internal sealed class ContentLayout(ObjectReader objects, ListNode root)
{
    private readonly Dictionary<int, (Hash256 Id, ListNode Node)> _lastPages = [];
    private readonly Dictionary<int, Spot> _lastSpots = [];

    /// <summary>A content that is one chunk.</summary>
    public static ListNode Single(ContentId content, long size) =>
        new(0, size == 0 ? [] : [new ListEntry(content.Hash, size)]);

    /// <summary>The chunk that covers an offset.</summary>
    public ChunkAt Find(long offset)
    {
        var node = root;
        long start = 0;
        while (true)
        {
            var (entry, entryStart) = FindIn(node, start, offset);
            if (node.Level == 0)
            {
                return new ChunkAt(entry.Id, entryStart, entry.Length);
            }

            start = entryStart;
            node = Page(entry.Id, node.Level - 1);
        }
    }

    /// <summary>All chunks in order.</summary>
    public IEnumerable<ChunkAt> Walk() => Walk(root, 0);

    /// <summary>Ids of all that the layout is made of: pages and chunks.</summary>
    public IEnumerable<Hash256> Objects() => Objects(root);

    private IEnumerable<Hash256> Objects(ListNode node)
    {
        foreach (var entry in node.Entries)
        {
            yield return entry.Id;
            if (node.Level == 0)
            {
                continue;
            }

            foreach (var id in Objects(Page(entry.Id, node.Level - 1)))
            {
                yield return id;
            }
        }
    }

    /// <summary>Goes on from where the last search in this node ended, so that reading front to back searches nothing.
    /// </summary>
    private (ListEntry Entry, long Start) FindIn(ListNode node, long start, long offset)
    {
        var isAhead = _lastSpots.TryGetValue(node.Level, out var last) && ReferenceEquals(last.Node, node)
            && last.NodeStart == start && last.Start <= offset;
        var (from, at) = isAhead ? (last!.Index, last.Start) : (0, start);
        for (var i = from; i < node.Entries.Count; i++)
        {
            var entry = node.Entries[i];
            if (offset < at + entry.Length)
            {
                _lastSpots[node.Level] = new Spot(node, start, i, at);
                return (entry, at);
            }

            at += entry.Length;
        }

        throw new StoreDamagedException("a chunk list covers less than its content");
    }

    private IEnumerable<ChunkAt> Walk(ListNode node, long start)
    {
        foreach (var entry in node.Entries)
        {
            if (node.Level == 0)
            {
                yield return new ChunkAt(entry.Id, start, entry.Length);
            }
            else
            {
                foreach (var chunk in Walk(Page(entry.Id, node.Level - 1), start))
                {
                    yield return chunk;
                }
            }

            start += entry.Length;
        }
    }

    private ListNode Page(Hash256 id, int level)
    {
        if (_lastPages.TryGetValue(level, out var last) && last.Id == id)
        {
            return last.Node;
        }

        if (!objects.TryRead(id, BlockCodec.ListPage, out var bytes)
            || !ListNode.TryDecode(bytes, out var node, out _) || node!.Level != level)
        {
            throw new StoreDamagedException($"page {id} of a chunk list is missing or damaged");
        }

        _lastPages[level] = (id, node);
        return node;
    }

    private sealed record Spot(ListNode Node, long NodeStart, int Index, long Start);
}
