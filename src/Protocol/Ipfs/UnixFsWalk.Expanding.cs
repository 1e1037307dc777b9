using System.Text;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>What a block is, and what stands in its place in the order of the tree.</summary>
public sealed partial class UnixFsWalk
{
    private void Fill(LinkedListNode<Slot> at, ReadOnlyMemory<byte> block)
    {
        var slot = at.Value;
        var cid = slot.Cid!; // slots that wait for a block have one
        if (cid.Codec == Cid.CodecRaw)
        {
            FillFile(at, cid, block, block.Length, [], []);
            return;
        }

        if (!DagPbNode.TryDecode(block.Span, out var node, out _) || node.Data is not { } data
            || !UnixFsNode.TryDecode(data.Span, out var unixFs))
        {
            Fail(UnixFsError.NotUnixFs, cid);
            return;
        }

        if (slot.Depth >= IpfsLimits.Depth && node.Links.Count > 0)
        {
            Fail(UnixFsError.TooDeep, cid);
            return;
        }

        switch (unixFs.Kind)
        {
            // Sizes are what holds the tree together; without them nothing says how much work it is.
            case UnixFsKind.File or UnixFsKind.Raw
                when unixFs.BlockSizes.Count == node.Links.Count && TrySum(unixFs, out var size):
                FillFile(at, cid, unixFs.Data, size, node.Links, unixFs.BlockSizes);
                break;
            case UnixFsKind.File or UnixFsKind.Raw:
                Fail(UnixFsError.NotUnixFs, cid);
                break;
            case UnixFsKind.Directory when slot.Path is not null:
                FillFolder(at, cid, node.Links, shardDigits: 0);
                break;
            case UnixFsKind.HamtShard when slot.Path is not null && unixFs.ShardDigits is { } digits:
                FillFolder(at, cid, node.Links, digits);
                break;
            case UnixFsKind.Symlink when slot.Path is { } path:
                Replace(at, [Told(new UnixFsPart.Link(path, Encoding.UTF8.GetString(unixFs.Data.Span)))]);
                break;
            default:
                Fail(UnixFsError.BadTree, cid);
                break;
        }
    }

    private static bool TrySum(UnixFsNode node, out long size)
    {
        size = node.Data.Length;
        foreach (var part in node.BlockSizes)
        {
            if (part > (ulong)(long.MaxValue - size))
                return false;
            size += (long)part;
        }

        return node.FileSize is null || node.FileSize == (ulong)size;
    }

    private void FillFile(
        LinkedListNode<Slot> at, Cid cid, ReadOnlyMemory<byte> data, long size, IReadOnlyList<DagPbLink> links,
        IReadOnlyList<ulong> sizes)
    {
        var slot = at.Value;
        if (slot.Expected is { } expected && expected != size)
        {
            Fail(UnixFsError.WrongSize, cid);
            return;
        }

        var found = new List<Slot>();
        if (slot.Path is { } path)
            found.Add(Told(new UnixFsPart.File(path, size)));
        if (!data.IsEmpty)
            found.Add(Told(new UnixFsPart.Bytes(data)));
        for (var i = 0; i < links.Count; i++)
        {
            if (sizes[i] > 0)
                found.Add(new Slot(links[i].Hash, path: null, (long)sizes[i], slot.Depth + 1));
        }

        if (slot.Path is not null)
            found.Add(Told(new UnixFsPart.FileEnd()));
        Replace(at, found);
    }

    private void FillFolder(LinkedListNode<Slot> at, Cid cid, IReadOnlyList<DagPbLink> links, int shardDigits)
    {
        var slot = at.Value;
        var found = new List<Slot>();
        // A part of a sharded folder has its folder's path.
        if (slot.Path!.Length > 0 && !slot.IsShard) // asked for only with a path
            found.Add(Told(new UnixFsPart.Folder(slot.Path)));
        foreach (var link in links)
        {
            var name = link.Name ?? "";
            if (name.Length < shardDigits)
            {
                Fail(UnixFsError.BadTree, cid);
                return;
            }

            var isShard = shardDigits > 0 && name.Length == shardDigits;
            name = name[shardDigits..];
            if (!isShard && !IsName(name))
            {
                Fail(UnixFsError.BadTree, cid);
                return;
            }

            var path = isShard ? slot.Path : slot.Path.Length == 0 ? name : $"{slot.Path}/{name}";
            if (path.Length > PackagePath.BytesMax)
            {
                Fail(UnixFsError.TooDeep, cid);
                return;
            }

            found.Add(new Slot(link.Hash, path, expected: null, isShard ? slot.Depth + 1 : 0) { IsShard = isShard });
        }

        _entries += found.Count;
        if (_entries > IpfsLimits.TreeEntries)
            Fail(UnixFsError.TooManyEntries, cid);
        else
            Replace(at, found);
    }

    private static bool IsName(string name) =>
        name.Length > 0 && name is not "." and not ".." && !name.Contains('/', StringComparison.Ordinal);

    private static Slot Told(UnixFsPart part) => new(cid: null, path: null, expected: null, depth: 0) { Part = part };

    /// <summary>Puts slots where one was, whose block is here. Bytes of it count as ahead until they are taken; of
    /// everything else nothing is left.</summary>
    private void Replace(LinkedListNode<Slot> at, List<Slot> found)
    {
        var slot = at.Value;
        _openLinks += found.Count(s => s.Cid is not null) - 1;
        if (_openLinks > IpfsLimits.OpenLinks)
        {
            Fail(UnixFsError.TooWide, slot.Cid!); // slots that are replaced had a block
            return;
        }

        var before = at;
        foreach (var next in found)
        {
            if (next.Part is UnixFsPart.Bytes)
            {
                (next.IsAsked, next.Held) = (true, slot.Cost);
                slot.IsAsked = false;
            }

            before = _slots.AddAfter(before, next);
        }

        Release(slot);
        _slots.Remove(at);
        _nextWant = _slots.First;
    }
}
