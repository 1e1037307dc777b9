using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.History;

namespace Omega.P2P.Storage.Tests.History;

public sealed class LeafFileTests
{
    private const string Path = "leaves";
    private const string Subtrees = "leaves.subtrees";

    [Fact]
    public void RootsAndProofsAreThoseOfTheLeavesAtEverySizeAroundATile()
    {
        var files = new MemoryFileSystem();
        using var leaves = LeafFile.Open(files, Path);
        var tree = new LogTree();
        var nodes = new NodeHashes();
        for (var size = 1; size <= 2_100; size++)
        {
            var commitment = Commitment(size);
            leaves.Append(commitment);
            tree.Append(LogCommitment.LeafHash(commitment), nodes);
            if (size % 256 is < 2 or 255 || size % 97 == 0)
            {
                Assert.Equal(tree.Root, leaves.Root);
                Assert.Equal(Proofs.RootAt(nodes, size / 2), leaves.RootAt(size / 2));
                Assert.Equal(Proofs.Inclusion(nodes, size / 3, size), Proofs.Inclusion(leaves, size / 3, size));
                Assert.Equal(
                    Proofs.Consistency(nodes, (size + 1) / 2, size), Proofs.Consistency(leaves, (size + 1) / 2, size));
            }
        }
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1024 + 17)]
    [InlineData(256 * 13)]
    public void OpeningReadsNoLeavesButTheNewest(int size)
    {
        var files = new CountingFiles(Filled(size, out var root));
        using var leaves = LeafFile.Open(files, Path);
        Assert.Equal(root, leaves.Root);

        // Two tiles, and three hashes for every peak.
        Assert.InRange(files.BytesRead, 0, 2 * 256 * 32 + 63 * 3 * 32);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("cut")]
    [InlineData("long")]
    [InlineData("rotten")]
    public void KeptHashesThatAreLostOrWrongAreComputedFromTheLeaves(string what)
    {
        const int Size = 256 * 13 + 5;
        var files = Filled(Size, out var root);
        switch (what)
        {
            case "gone":
                files.Delete(Subtrees);
                break;
            case "rotten":
                for (var at = 5; at < files.Length(Subtrees); at += 32)
                {
                    files.Flip(Subtrees, at);
                }

                break;
            default:
                using (var file = files.Open(Subtrees, FileOpenMode.ReadWrite))
                {
                    if (what == "cut")
                    {
                        file.Truncate(file.Length - 77);
                    }
                    else
                    {
                        file.Append(new byte[100]);
                    }
                }

                break;
        }

        using var leaves = LeafFile.Open(files, Path);
        var nodes = Nodes(Size);
        Assert.Equal(root, leaves.Root);
        for (var size = 1; size <= Size; size += 211)
        {
            Assert.Equal(Proofs.RootAt(nodes, size), leaves.RootAt(size));
            Assert.Equal(Proofs.Inclusion(nodes, size / 2, size), Proofs.Inclusion(leaves, size / 2, size));
        }
    }

    [Fact]
    public void OneRottenHashIsFoundByWhoeverUsesIt()
    {
        const int Size = 256 * 16;
        var files = Filled(Size, out var root);
        var length = files.Length(Subtrees);
        for (long at = 3; at < length; at += 32)
        {
            files.Flip(Subtrees, at);
            using (var leaves = LeafFile.Open(files, Path))
            {
                Assert.Equal(root, leaves.Root);
                Assert.Equal(Proofs.Inclusion(Nodes(Size), 0, Size), Proofs.Inclusion(leaves, 0, Size));
                Assert.Equal(Proofs.Inclusion(Nodes(Size), 3_000, Size), Proofs.Inclusion(leaves, 3_000, Size));
            }

            files = Filled(Size, out root);
        }
    }

    [Fact]
    public void CutAndGrownAgainItIsWhatItWouldHaveBeen()
    {
        var files = Filled(256 * 9 + 100, out _);
        using var leaves = LeafFile.Open(files, Path);
        foreach (var size in new[] { 256 * 9, 256 * 8 + 255, 256 * 4, 300, 0 })
        {
            leaves.Truncate(size);
            Assert.Equal(size == 0 ? Rfc6962.EmptyRoot : Proofs.RootAt(Nodes(size), size), leaves.Root);
            for (var i = size; i < 256 * 9 + 100; i++)
            {
                leaves.Append(Commitment(i + 1));
            }

            Assert.Equal(Proofs.RootAt(Nodes(256 * 9 + 100), 256 * 9 + 100), leaves.Root);
        }
    }

    private static MemoryFileSystem Filled(int size, out Hash256 root)
    {
        var files = new MemoryFileSystem();
        using var leaves = LeafFile.Open(files, Path);
        leaves.Append([.. Enumerable.Range(1, size).Select(Commitment)]);
        leaves.Sync();
        root = leaves.Root;
        return files;
    }

    private static NodeHashes Nodes(int size)
    {
        var nodes = new NodeHashes();
        var tree = new LogTree();
        for (var i = 1; i <= size; i++)
        {
            tree.Append(LogCommitment.LeafHash(Commitment(i)), nodes);
        }

        return nodes;
    }

    private static Hash256 Commitment(int number) => Blake3.Hash(BitConverter.GetBytes(number));
}
