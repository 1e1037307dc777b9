using Omega.P2P.Federation;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>A hundred small artifacts in one block, of which some go.</summary>
public sealed class SharedBlockTests
{
    private const int Count = 100;

    [Fact]
    public void EvictingOneLeavesItsNeighboursReadableWithTheHolderGone()
    {
        using var mesh = new Mesh();
        var (alice, bob, puts, contents) = Published(mesh);
        Assert.IsType<EngineResult.Ready>(bob.Get(puts[37].Content));
        var block = Assert.Single(Disks.Blocks(alice.StoreDisk)).Key;

        Assert.IsType<EngineResult.Evicted>(alice.Evict(puts[37].Content));
        Assert.DoesNotContain(block, Disks.Blocks(alice.StoreDisk).Keys);
        bob.Stop();
        for (var i = 0; i < Count; i++)
        {
            if (i != 37) Assert.Equal(contents[i], alice.Read(puts[i].Content));
        }

        Assert.Equal(MeshError.NotAvailable, Assert.IsType<EngineResult.Failed>(alice.Get(puts[37].Content)).Code);
        alice.Stop();
        alice.Start();
        Assert.Equal(contents[0], alice.Read(puts[0].Content));
        bob.Start();
        Assert.IsType<EngineResult.Ready>(alice.Get(puts[37].Content));
        Assert.Equal(contents[37], alice.Read(puts[37].Content));
    }

    [Fact]
    public void EvictingWhatNobodyElseHoldsIsRefusedWithTheReasonAndChangesNothing()
    {
        using var mesh = new Mesh();
        var (alice, bob, puts, contents) = Published(mesh);
        Assert.IsType<EngineResult.Ready>(bob.Get(puts[37].Content));
        var before = Disks.Files(alice.StoreDisk);

        var refused = Assert.IsType<EngineResult.Failed>(alice.Evict(puts[38].Content));
        Assert.Equal(MeshError.Refused, refused.Code);
        Assert.Contains("holders", refused.Message, StringComparison.Ordinal);
        Assert.Contains(puts[38].Content.ToString(), refused.Candidates!);
        var both = Assert.IsType<EngineResult.Failed>(alice.Evict(puts[37].Content, puts[38].Content));
        Assert.Equal([puts[38].Content.ToString()], both.Candidates!);
        Assert.Equal(before, Disks.Files(alice.StoreDisk));
        Assert.Equal(contents[37], alice.Read(puts[37].Content));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void BlockGoesWhenAllOfItIsHeldElsewhereAndComesBackUnderItsName(bool oneByOne, bool repacked)
    {
        using var mesh = new Mesh();
        var (alice, bob, puts, contents) = Published(mesh);
        FetchAll(mesh, bob, puts);
        if (repacked) Repack(mesh, bob);
        var before = Disks.Blocks(alice.StoreDisk);
        Assert.Single(before);
        var used = Disks.Used(alice.StoreDisk);

        EvictAll(alice, puts, oneByOne);
        Assert.Empty(Disks.Blocks(alice.StoreDisk));
        Assert.Equal(0, alice.Store.Stats.Blocks);
        Assert.All(alice.List(null), row => Assert.Equal(Availability.Evicted, row.Availability));
        if (!oneByOne) Assert.True(Disks.Used(alice.StoreDisk) < used - Count * 2048 / 2);

        // The first to go was in no block but the first one.
        Assert.IsType<EngineResult.Ready>(alice.Get(puts[0].Content));
        var back = Disks.Blocks(alice.StoreDisk);
        Assert.Equal(before.Single().Value, back[before.Single().Key]);
        foreach (var put in puts) Assert.IsType<EngineResult.Ready>(alice.Get(put.Content));
        bob.Stop();
        alice.Stop();
        alice.Start();
        for (var i = 0; i < Count; i++) Assert.Equal(contents[i], alice.Read(puts[i].Content));
    }

    private static (StoryNode Alice, StoryNode Bob, List<PutResult> Puts, byte[][] Contents) Published(Mesh mesh)
    {
        var (alice, bob) = mesh.Pair();
        var contents = Enumerable.Range(0, Count).Select(i => TestRandom.Bytes(2048, (ulong)i + 1000)).ToArray();
        var puts = alice.Publish(contents);
        bob.AwaitEntries(alice, Count);
        mesh.Run(5_000);
        Assert.Equal(1, alice.Store.Stats.Blocks);
        return (alice, bob, puts, contents);
    }

    /// <summary>In two goes with a rest between them, so that two blocks come of it.</summary>
    private static void FetchAll(Mesh mesh, StoryNode bob, List<PutResult> puts)
    {
        foreach (var half in puts.Chunk(Count / 2))
        {
            foreach (var put in half) Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
            mesh.Run(5_000);
        }

        Assert.Equal(2, bob.Store.Stats.Blocks);
    }

    private static void Repack(Mesh mesh, StoryNode bob)
    {
        bob.Store.Repack(mesh.Now, 1.0);
        Assert.Equal(1, bob.Store.Stats.Blocks);
    }

    private static void EvictAll(StoryNode alice, List<PutResult> puts, bool oneByOne)
    {
        ContentId[] contents = [.. puts.Select(p => p.Content)];
        if (oneByOne)
        {
            foreach (var content in contents) Assert.IsType<EngineResult.Evicted>(alice.Evict(content));
        }
        else
        {
            var evicted = Assert.IsType<EngineResult.Evicted>(alice.Evict(contents));
            Assert.Equal(1, evicted.BlocksFreed);
            Assert.Equal(Count, evicted.Artifacts.Count);
        }
    }
}
