using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>What verify finds on a disk that rots under a running node.</summary>
public sealed class VerifyTests
{
    [Fact]
    public void WholeStoreHasNoFindings()
    {
        using var mesh = new Mesh();
        var alice = Filled(mesh);
        Assert.Empty(alice.Store.Verify(VerifyDepth.Bytes, null));
    }

    [Theory]
    [InlineData("public/0/leaves")]
    [InlineData("public/0/bodies")]
    [InlineData("public/0/bodies.ends")]
    [InlineData("public/0/head-")]
    [InlineData("snapshots/")]
    public void FlippedByteInThePublicHistoryIsFoundAndMendedFromTheLogOnStart(string file)
    {
        using var mesh = new Mesh();
        var alice = Filled(mesh);
        var before = Disks.Files(alice.StoreDisk);
        var path = before.Keys.First(f => f.StartsWith(file, StringComparison.Ordinal));
        alice.StoreDisk.Flip(path, alice.StoreDisk.Length(path) / 2);
        var finding = alice.Store.Verify(VerifyDepth.Structure, null).First();
        Assert.Equal("history-damaged", finding.Code);
        alice.Stop();
        // A damaged manifest stays until somebody takes it away (law 2); everything else is mended by itself.
        if (path.StartsWith("snapshots/", StringComparison.Ordinal)) alice.StoreDisk.Delete(path);
        alice.Start();
        Assert.Empty(alice.Store.Verify(VerifyDepth.Bytes, null));
        Assert.Equal(before[path], Disks.Files(alice.StoreDisk)[path]);
    }

    [Fact]
    public void FlippedByteInASealedBlockNamesTheArtifactsHit()
    {
        using var mesh = new Mesh();
        var (alice, _) = mesh.Pair();
        var puts = alice.Publish([.. Enumerable.Range(0, 40).Select(i => TestRandom.Bytes(4_000, (ulong)i + 30))]);
        mesh.Run(5_000);
        var block = Disks.Files(alice.StoreDisk).Keys.Single(f => f.EndsWith(".blk", StringComparison.Ordinal));
        var wanted = alice.Read(puts[25].Content);
        var at = Disks.Bytes(alice.StoreDisk, block).AsSpan().IndexOf(wanted);
        alice.StoreDisk.Flip(block, at + 1_000);
        var finding = Assert.Single(alice.Store.Verify(VerifyDepth.Bytes, null));
        Assert.Equal("block-damaged", finding.Code);
        Assert.Equal(Path.GetFileNameWithoutExtension(block), finding.Block!.Value.Hash.ToString());
        Assert.Equal([puts[25].Key], finding.Artifacts);
        Assert.Empty(alice.Store.Verify(VerifyDepth.Structure, null));
    }

    private static StoryNode Filled(Mesh mesh)
    {
        var (alice, bob) = mesh.Pair();
        for (var i = 0; i < 5; i++) alice.Publish(TestRandom.Bytes(3_000, (ulong)i + 1), TestRandom.Bytes(100_000, 50));
        bob.AwaitEntries(alice, 6);
        mesh.Run(5_000);
        return alice;
    }
}
