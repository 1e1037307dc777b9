using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>The main story: put, publish, follow, fetch, evict, rehydrate.</summary>
public sealed class CircleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(200_000)]
    [InlineData(5 * 1024 * 1024)]
    public void ArtifactGoesTheFullCircleAndComesBackByteForByte(int size)
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var bytes = TestRandom.Bytes(size, 99);
        var put = alice.Publish(bytes)[0];
        bob.AwaitEntries(alice, 1);
        Assert.Equal(put.Key, Assert.Single(bob.List("alice.personal")).Key);

        var got = Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        Assert.Equal(bytes, bob.Read(put.Content));
        AssertSigned(got, alice);
        mesh.Run(5_000);
        var blocks = Disks.Blocks(alice.StoreDisk);
        var used = Disks.Used(alice.StoreDisk);

        var evicted = Assert.IsType<EngineResult.Evicted>(alice.Evict(put.Content));
        Assert.Equal(Availability.Evicted, Assert.Single(evicted.Artifacts).Availability);
        Assert.Equal(Availability.Evicted, Assert.Single(alice.List(null)).Availability);
        Assert.Empty(Disks.Blocks(alice.StoreDisk));
        if (size > 4096)
            Assert.True(Disks.Used(alice.StoreDisk) < used - size / 2, "no room was made");

        AssertSigned(Assert.IsType<EngineResult.Ready>(alice.Get(put.Content)), alice);
        Assert.Equal(bytes, alice.Read(put.Content));
        if (blocks.Count > 0)
            Assert.Equal(blocks, Disks.Blocks(alice.StoreDisk));
    }

    [Fact]
    public void EvictedArtifactIsNotAvailableWhileItsHolderIsDownAndComesBackWithIt()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var bytes = TestRandom.Bytes(3 * 1024 * 1024, 7);
        var put = alice.Publish(bytes)[0];
        bob.AwaitEntries(alice, 1);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        var before = Disks.Blocks(alice.StoreDisk);
        Assert.IsType<EngineResult.Evicted>(alice.Evict(put.Content));
        bob.Stop();

        var failed = Assert.IsType<EngineResult.Failed>(alice.Get(put.Content));
        Assert.Equal(MeshError.NotAvailable, failed.Code);
        Assert.Equal(Availability.Evicted, Assert.Single(alice.List(null)).Availability);
        Assert.Empty(Disks.Blocks(alice.StoreDisk));

        bob.Start();
        Assert.IsType<EngineResult.Ready>(alice.Get(put.Content));
        Assert.Equal(bytes, alice.Read(put.Content));
        Assert.Equal(before, Disks.Blocks(alice.StoreDisk));
    }

    [Fact]
    public void EmptyArtifactIsPublishedAndFetched()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var put = alice.Publish([[]])[0];
        bob.AwaitEntries(alice, 1);
        AssertSigned(Assert.IsType<EngineResult.Ready>(bob.Get(put.Content)), alice);
        Assert.Empty(bob.Read(put.Content));
    }

    [Fact]
    public void WhatWasFetchedIsThereAfterARestartOfBoth()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var bytes = TestRandom.Bytes(100_000, 3);
        var put = alice.Publish(bytes)[0];
        bob.AwaitEntries(alice, 1);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        alice.Stop();
        bob.Stop();
        bob.Start();
        Assert.Equal(bytes, bob.Read(put.Content));
        Assert.Equal(Availability.Local, Assert.Single(bob.List("alice.personal")).Availability);
        alice.Start();
        alice.Publish(TestRandom.Bytes(10, 4));
        bob.AwaitEntries(alice, 2);
    }

    private static void AssertSigned(EngineResult.Ready ready, StoryNode owner)
    {
        Assert.Equal(owner.Domain, ready.Artifact.Domain);
        Assert.Contains(ready.Signatures, s => s is { Role: SignerRole.Brane, Name: StoryNode.Brane });
        Assert.Contains(ready.Signatures, s => s.Role == SignerRole.Substrate && s.Key == owner.NodeKey.PublicKey);
    }
}
