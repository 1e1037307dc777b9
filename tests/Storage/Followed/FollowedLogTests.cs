using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Followed;

namespace Omega.P2P.Storage.Tests.Followed;

public sealed class FollowedLogTests
{
    private static readonly DomainId Domain = DomainId.From(Blake3.Hash([1]));
    private readonly MemoryFileSystem _disk = new();

    [Fact]
    public void RootsAndNodesAreThoseOfThePlainTreeAtEverySize()
    {
        using FollowedLog log = Open();
        var plain = new LogTree();
        var nodes = new NodeHashes();
        for (int size = 0; size <= 1100; size++)
        {
            Assert.Equal(plain.Root, log.RootAt(size));
            plain.Append(LogCommitment.LeafHash(Leaf(size)), nodes);
            log.Append([Leaf(size)]);
        }

        foreach (int size in new[] { 0, 1, 255, 256, 257, 768, 1000 })
            Assert.Equal(Proofs.RootAt(nodes, size), log.RootAt(size));
        foreach (int level in new[] { 0, 3, 7, 8, 9, 10 })
            Assert.Equal(nodes.Node(level, 0), log.Node(level, 0));
        Assert.Equal(nodes.Node(4, 60), log.Node(4, 60));
        Assert.Equal(nodes.Node(8, 3), log.Node(8, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(700)]
    public void CuttingBackAndGoingOnEqualsNeverHavingGoneAstray(int keep)
    {
        using FollowedLog log = Open();
        log.Append([.. Enumerable.Range(0, keep).Select(Leaf)]);
        log.Append([.. Enumerable.Range(5000, 800).Select(Leaf)]);
        log.Truncate(keep);
        log.Append([.. Enumerable.Range(keep, 300).Select(Leaf)]);
        var plain = new LogTree();
        foreach (int i in Enumerable.Range(0, keep + 300))
            plain.Append(LogCommitment.LeafHash(Leaf(i)));
        Assert.Equal((plain.Size, plain.Root), (log.Size, log.RootAt(log.Size)));
        Assert.Equal(Leaf(keep), log.Commitments(keep, keep + 1)[0]);
    }

    [Fact]
    public void WhatWasSyncedOutlivesThePowerAndTheRestIsCutToWholeLeaves()
    {
        for (ulong seed = 1; seed < 30; seed++)
        {
            var disk = new MemoryFileSystem();
            FollowedLog log = FollowedLog.Open(disk, "followed", Domain, 0);
            log.Append([.. Enumerable.Range(0, 300).Select(Leaf)]);
            log.Sync();
            Hash256 root = log.RootAt(300);
            log.Append([.. Enumerable.Range(300, 40).Select(Leaf)]);
            disk.Crash(CrashOutcome.Torn, seed);
            using FollowedLog again = FollowedLog.Open(disk, "followed", Domain, 0);
            Assert.InRange(again.Size, 300, 340);
            Assert.Equal(root, again.RootAt(300));
        }
    }

    [Fact]
    public void EpochsAndDomainsLieApart()
    {
        using FollowedLog first = Open();
        first.Append([Leaf(1)]);
        using FollowedLog second = FollowedLog.Open(_disk, "followed", Domain, 1);
        Assert.Equal(0, second.Size);
        FollowedLog.Delete(_disk, "followed", Domain, 1);
        Assert.All(
            _disk.List("followed"), name => Assert.StartsWith($"{Domain.Hash}-0.", name, StringComparison.Ordinal));
        Assert.Equal(2, _disk.List("followed").Count);
    }

    private static Hash256 Leaf(int number) => Blake3.Hash(BitConverter.GetBytes(number));

    private FollowedLog Open() => FollowedLog.Open(_disk, "followed", Domain, 0);
}
