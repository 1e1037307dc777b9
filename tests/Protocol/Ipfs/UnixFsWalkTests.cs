using System.Text;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Ipfs;

public sealed class UnixFsWalkTests
{
    private readonly Dictionary<Cid, byte[]> _blocks = [];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(174, 3)]
    [InlineData(175, 5)]
    [InlineData(5000, 7)]
    public void FileComesBackWhateverOrderItsBlocksComeIn(int leaves, int leafBytes)
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            var chance = new Chance(seed);
            var root = File(leaves, leafBytes, chance, out var expected);
            var walk = new UnixFsWalk(root);
            var parts = Run(walk, chance);
            Assert.True(walk.IsDone);
            Assert.Equal(new UnixFsPart.File("", expected.Length), parts[0]);
            Assert.Equal(new UnixFsPart.FileEnd(), parts[^1]);
            Assert.Equal(expected, BytesOf(parts));
        }
    }

    [Fact]
    public void FolderIsTheSameTreeInTheSameOrder()
    {
        var chance = new Chance(3);
        var (one, two) = (File(3, 10, chance, out var oneBytes), File(300, 2, chance, out var twoBytes));
        var link = Node([], new UnixFsNode(UnixFsKind.Symlink, "a/one"u8.ToArray(), null, []));
        var empty = Folder();
        var inner = Folder(("one", one), ("two", two));
        var walk = new UnixFsWalk(Folder(("a", inner), ("empty", empty), ("l", link), ("raw", one)));
        var parts = Run(walk, chance);
        Assert.True(walk.IsDone, walk.Error.ToString());
        Assert.Equal(
            ["folder a", "file a/one 30", "file a/two 600", "folder empty", "link l a/one", "file raw 30"],
            parts.Select(Told).Where(text => text.Length > 0));
        Assert.Equal([.. oneBytes, .. twoBytes, .. oneBytes], BytesOf(parts));
    }

    [Fact]
    public void ShardedFolderGivesItsNamesWithoutTheirDigits()
    {
        var file = Leaf("x");
        var shard = Sharded(("0Fa.txt", file));
        var walk = new UnixFsWalk(Folder(("d", Sharded(("00b.txt", file), ("1E", shard)))));
        Assert.Equal(
            ["folder d", "file d/b.txt 1", "file d/a.txt 1"],
            Run(walk, new Chance(1)).Select(Told).Where(text => text.Length > 0));
    }

    [Fact]
    public void WhatIsAheadIsBoundedAndAReaderThatStopsStopsTheWalk()
    {
        var root = File(3000, 1, new Chance(1), out _);
        var walk = new UnixFsWalk(root);
        for (var round = 0; round < 20; round++)
        {
            foreach (var cid in walk.TakeWants()) Assert.True(walk.TryGive(cid, _blocks[cid]));
            Assert.Empty(walk.Waiting);
        }

        Assert.Empty(walk.TakeWants());
        for (var i = 0; i < 10; i++) Assert.True(walk.TryTake(out _));
        Assert.InRange(walk.TakeWants().Count, 1, 10);
    }

    [Fact]
    public void LargeBlocksAheadAreCountedInBytes()
    {
        var builder = new UnixFsBuilder(Keep);
        for (var i = 0; i < 100; i++)
            builder.Add(Raw([.. BitConverter.GetBytes(i), .. new byte[(1 << 20) - 4]]), 1 << 20);
        var root = builder.Finish();
        var walk = new UnixFsWalk(root);
        Give(walk, walk.TakeWants().Single());
        Assert.Equal(IpfsLimits.BytesAhead >> 20, walk.TakeWants().Count);
    }

    [Fact]
    public void BlockThatOccursOftenIsWantedOnceAtATime()
    {
        var builder = new UnixFsBuilder(Keep);
        var zeros = Raw(new byte[100]);
        for (var i = 0; i < 1000; i++) builder.Add(zeros, 100);
        var walk = new UnixFsWalk(builder.Finish());
        var asked = 0;
        var bytes = 0;
        while (!walk.IsDone)
        {
            foreach (var cid in walk.TakeWants())
            {
                asked += cid.Equals(zeros) ? 1 : 0;
                Give(walk, cid);
            }

            while (walk.TryTake(out var part)) bytes += part is UnixFsPart.Bytes data ? data.Data.Length : 0;
        }

        Assert.Equal(100_000, bytes);
        Assert.InRange(asked, 1, 20);
    }

    [Fact]
    public void TreeThatSaysItHoldsNothingIsNotWalked()
    {
        // 16 levels of 174 links to one node: a walk that followed them would never end.
        var cid = Node([], new UnixFsNode(UnixFsKind.File, default, 0, []));
        for (var level = 0; level < 16; level++)
        {
            var below = cid;
            cid = Node(
                [.. Enumerable.Repeat(below, 174).Select(c => new DagPbLink(c, "", 0))],
                new UnixFsNode(UnixFsKind.File, default, 0, [.. new ulong[174]]));
        }

        var walk = new UnixFsWalk(cid);
        Give(walk, walk.TakeWants().Single());
        Assert.Empty(walk.TakeWants());
        Assert.Equal(2, Run(walk, new Chance(1)).Count);
    }

    [Fact]
    public void FolderThatContainsItsOwnMultiplesEndsAtTheBound()
    {
        var cid = Folder();
        for (var level = 0; level < 40; level++)
        {
            var below = cid;
            cid = Folder([.. Enumerable.Range(0, 20).Select(i => ($"{i}", below))]);
        }

        var walk = new UnixFsWalk(cid);
        while (walk.Error == UnixFsError.None && walk.TakeWants() is { Count: > 0 } wants)
        {
            foreach (var wanted in wants) walk.TryGive(wanted, _blocks[wanted]);
            while (walk.TryTake(out _)) Assert.False(walk.IsDone);
        }

        Assert.Contains(walk.Error, (UnixFsError[])[UnixFsError.TooManyEntries, UnixFsError.TooWide]);
    }

    [Theory]
    [InlineData("cbor root", UnixFsError.UnsupportedCodec)]
    [InlineData("sha-1 leaf", UnixFsError.UnsupportedHash)]
    [InlineData("leaf too long", UnixFsError.WrongSize)]
    [InlineData("no sizes", UnixFsError.NotUnixFs)]
    [InlineData("sizes overflow", UnixFsError.NotUnixFs)]
    [InlineData("size of its own", UnixFsError.NotUnixFs)]
    [InlineData("no dag-pb", UnixFsError.NotUnixFs)]
    [InlineData("folder in a file", UnixFsError.BadTree)]
    [InlineData("name with a slash", UnixFsError.BadTree)]
    [InlineData("name of dots", UnixFsError.BadTree)]
    [InlineData("name too short for its shard", UnixFsError.BadTree)]
    [InlineData("seventeen levels", UnixFsError.TooDeep)]
    public void OneDefectGivesItsReason(string label, UnixFsError expected)
    {
        var leaf = Leaf("abc");
        var walk = new UnixFsWalk(label switch
        {
            "cbor root" => CidHash.Of(Cid.CodecDagCbor, Cid.HashSha256, [0xa0]),
            "sha-1 leaf" => Over(Cid.Create(Cid.CodecRaw, 0x11, new byte[20]), 3),
            "leaf too long" => Over(leaf, 2),
            "no sizes" => Node([new DagPbLink(leaf, "", 3)], new UnixFsNode(UnixFsKind.File, default, 3, [])),
            "sizes overflow" => Node(
                [new DagPbLink(leaf, "", 3), new DagPbLink(leaf, "", 3)],
                new UnixFsNode(UnixFsKind.File, default, null, [ulong.MaxValue, 4])),
            "size of its own" => Node([new DagPbLink(leaf, "", 3)], new UnixFsNode(UnixFsKind.File, default, 4, [3])),
            "no dag-pb" => Keep(Cid.CodecDagPb, [0xff]),
            "folder in a file" => Over(Folder(), 3),
            "name with a slash" => Folder(("a/b", leaf)),
            "name of dots" => Folder(("..", leaf)),
            "name too short for its shard" => Sharded(("0", leaf)),
            _ => Enumerable.Range(0, 17).Aggregate(leaf, (below, _) => Over(below, 3)),
        });
        Run(walk, new Chance(1));
        Assert.Equal(expected, walk.Error);
        Assert.NotNull(walk.ErrorAt);
        Assert.Empty(walk.TakeWants());
        Assert.False(walk.TryTake(out _) || walk.IsDone);
    }

    [Fact]
    public void IdentityCidBringsItsOwnBlock()
    {
        var cid = Cid.Create(Cid.CodecRaw, Cid.HashIdentity, "inline"u8);
        var walk = new UnixFsWalk(Over(cid, 6));
        Assert.Equal("inline"u8.ToArray(), BytesOf(Run(walk, new Chance(1))));
        Assert.True(walk.IsDone);
    }

    [Fact]
    public void BlockThatNobodyWaitsForIsNotTaken()
    {
        var walk = new UnixFsWalk(Leaf("a"));
        Assert.False(walk.TryGive(Leaf("a"), "a"u8.ToArray())); // not asked for yet
        Assert.Single(walk.TakeWants());
        Assert.False(walk.TryGive(Leaf("b"), "b"u8.ToArray()));
        Assert.True(walk.TryGive(Leaf("a"), "a"u8.ToArray()));
        Assert.False(walk.TryGive(Leaf("a"), "a"u8.ToArray()));
    }

    private List<UnixFsPart> Run(UnixFsWalk walk, Chance chance)
    {
        var parts = new List<UnixFsPart>();
        var coming = new List<Cid>();
        while (walk.Error == UnixFsError.None && !walk.IsDone)
        {
            coming.AddRange(walk.TakeWants());
            if (coming.Count > 0)
            {
                var at = chance.Below(coming.Count);
                Give(walk, coming[at]);
                coming.RemoveAt(at);
            }

            while (chance.Below(4) > 0 && walk.TryTake(out var part)) parts.Add(part);
        }

        return parts;
    }

    private void Give(UnixFsWalk walk, Cid cid) => Assert.True(walk.TryGive(cid, _blocks[cid]));

    private Cid File(int leaves, int leafBytes, Chance chance, out byte[] content)
    {
        var all = new MemoryStream();
        var builder = new UnixFsBuilder(Keep);
        for (var i = 0; i < leaves; i++)
        {
            var bytes = chance.Bytes(leafBytes);
            all.Write(bytes);
            builder.Add(Raw(bytes), bytes.Length);
        }

        content = all.ToArray();
        var root = builder.Finish();
        _blocks.TryAdd(root, []);
        return root;
    }

    private Cid Over(Cid leaf, ulong size) =>
        Node([new DagPbLink(leaf, "", size)], new UnixFsNode(UnixFsKind.File, default, size, [size]));

    private Cid Folder(params (string Name, Cid Cid)[] entries) => Node(
        [.. entries.Select(e => new DagPbLink(e.Cid, e.Name, null))],
        new UnixFsNode(UnixFsKind.Directory, default, null, []));

    private Cid Sharded(params (string Name, Cid Cid)[] entries)
    {
        byte[] data = [0x08, 0x05, 0x28, 0x22, 0x30, 0x80, 0x02]; // HAMTShard, murmur3, fan-out 256
        return Keep(Cid.CodecDagPb, new DagPbNode(
            [.. entries.Select(e => new DagPbLink(e.Cid, e.Name, null))], data).Encode());
    }

    private Cid Leaf(string text) => Raw(Encoding.ASCII.GetBytes(text));

    private Cid Raw(byte[] bytes) => Keep(Cid.CodecRaw, bytes);

    private Cid Node(IReadOnlyList<DagPbLink> links, UnixFsNode unixFs) =>
        Keep(Cid.CodecDagPb, new DagPbNode(links, unixFs.Encode()).Encode());

    private void Keep(UnixFsBranch branch) => _blocks[branch.Cid] = branch.Bytes;

    private Cid Keep(ulong codec, byte[] bytes)
    {
        var cid = CidHash.Of(codec, Cid.HashSha256, bytes);
        _blocks[cid] = bytes;
        return cid;
    }

    private static byte[] BytesOf(IEnumerable<UnixFsPart> parts) =>
        [.. parts.OfType<UnixFsPart.Bytes>().SelectMany(part => part.Data.ToArray())];

    private static string Told(UnixFsPart part) => part switch
    {
        UnixFsPart.File file => $"file {file.Path} {file.Size}",
        UnixFsPart.Folder folder => $"folder {folder.Path}",
        UnixFsPart.Link link => $"link {link.Path} {link.Target}",
        _ => "",
    };
}
