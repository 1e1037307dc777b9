using Omega.P2P.Federation;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>Law 7: knowing an id is no right to read, nor to learn that something is there.</summary>
public sealed class StrangerTests
{
    [Fact]
    public void StrangerGetsNothingButARefusalWhateverItAsks()
    {
        using var mesh = new Mesh();
        var (alice, _, put, block) = WithOneBlock(mesh, "peers");
        using var key = Ed25519PrivateKey.Generate(new TestRandom(77));
        var stranger = new RawPeer(mesh, key, alice);
        var domain = alice.Domain;
        CatalogRequest[] questions =
        [
            new CatalogRequest.Held(domain),
            new CatalogRequest.Dam(domain, 0),
            new CatalogRequest.Head(domain, 0, 0, default),
            new CatalogRequest.Leaves(domain, 0, 0, 1),
            new CatalogRequest.Nodes(domain, "peers", [put.Key.Hash]),
            new CatalogRequest.Entries(domain, "peers", [put.Key.Hash]),
            new CatalogRequest.Announce(domain, new byte[100]),
        ];
        foreach (var question in questions)
            Assert.IsType<CatalogResponse.Refused>(stranger.Ask(question));
        var files = Disks.Files(alice.StoreDisk);
        Assert.Null(stranger.Ask(new BlocksRequest.Have(TargetKind.Content, [put.Content.Hash])).Held);
        Assert.Null(stranger.Ask(new BlocksRequest.Have(TargetKind.Block, [block.Id.Hash])).Held);
        var (status, bytes) = stranger.Get(TargetKind.Content, put.Content.Hash, put.Size);
        Assert.Equal(BlocksStatus.Refused, status);
        Assert.All(bytes, b => Assert.Equal(0, b));
        Assert.Equal(BlocksStatus.Refused, stranger.Get(TargetKind.Block, block.Id.Hash, block.Length).Status);
        Assert.Equal(files, Disks.Files(alice.StoreDisk));
        Assert.DoesNotContain(alice.Engine.Mesh.Peers, p => p.Peer == PeerId.From(key.PublicKey));
    }

    [Fact]
    public void TrustedPeerGetsNothingInternalAndIsToldThatItIsNotThere()
    {
        using var mesh = new Mesh();
        var (alice, bob, put, block) = WithOneBlock(mesh, "internal");
        bob.Stop();
        var trusted = new RawPeer(mesh, bob.NodeKey, alice);
        var unknown = Blake3.Hash([1, 2, 3]);
        Assert.Equal(
            [false, false],
            trusted.Ask(new BlocksRequest.Have(TargetKind.Content, [put.Content.Hash, unknown])).Held!);
        Assert.Equal(
            [false, false], trusted.Ask(new BlocksRequest.Have(TargetKind.Block, [block.Id.Hash, unknown])).Held!);
        Assert.Equal(BlocksStatus.Refused, trusted.Get(TargetKind.Content, put.Content.Hash, put.Size).Status);
        Assert.Equal(BlocksStatus.Refused, trusted.Get(TargetKind.Block, block.Id.Hash, block.Length).Status);
        Assert.IsType<CatalogResponse.Refused>(
            trusted.Ask(new CatalogRequest.Entries(alice.Domain, "internal", [put.Key.Hash])));
        var items = Assert.IsType<CatalogResponse.Items>(
            trusted.Ask(new CatalogRequest.Entries(alice.Domain, "peers", [put.Key.Hash])));
        Assert.True(Assert.Single(items.Bytes).IsEmpty);
    }

    [Fact]
    public void BlockIsServedByItsIdWhenEverythingInItIsReadable()
    {
        using var mesh = new Mesh();
        var (alice, bob, put, block) = WithOneBlock(mesh, "peers");
        alice.Do<EngineResult.Published>(new EngineCommand.Publish([.. alice.List(null).Select(r => r.Key)], "peers"));
        bob.Stop();
        var trusted = new RawPeer(mesh, bob.NodeKey, alice);
        Assert.Equal([true], trusted.Ask(new BlocksRequest.Have(TargetKind.Block, [block.Id.Hash])).Held!);
        var (status, bytes) = trusted.Get(TargetKind.Block, block.Id.Hash, block.Length);
        Assert.Equal(BlocksStatus.Done, status);
        Assert.Equal(block.Id.Hash, Blake3.Hash(bytes));
        Assert.Equal(BlocksStatus.Done, trusted.Get(TargetKind.Content, put.Content.Hash, put.Size).Status);
    }

    [Fact]
    public void BlockOfALargeContentIsServedWithItsListAndOutboard()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        alice.Publish(TestRandom.Bytes(2_000_000, 5));
        mesh.Run(5_000);
        bob.Stop();
        var trusted = new RawPeer(mesh, bob.NodeKey, alice);
        foreach (var block in BlocksOf(alice))
        {
            var (status, bytes) = trusted.Get(TargetKind.Block, block.Id.Hash, block.Length);
            Assert.Equal(BlocksStatus.Done, status);
            Assert.Equal(block.Id.Hash, Blake3.Hash(bytes));
        }
    }

    [Fact]
    public void BlockWithOneThingInItThatIsNotPublishedIsRefused()
    {
        using var mesh = new Mesh();
        var (alice, bob, put, block) = WithOneBlock(mesh, "peers");
        // All but one are published: the block is packed for the peers, the last content is not theirs yet.
        var rows = alice.List(null);
        alice.Do<EngineResult.Published>(
            new EngineCommand.Publish([.. rows.Select(r => r.Key).Where(k => k != rows[^1].Key)], "peers"));
        bob.Stop();
        var trusted = new RawPeer(mesh, bob.NodeKey, alice);
        Assert.Equal([false], trusted.Ask(new BlocksRequest.Have(TargetKind.Block, [block.Id.Hash])).Held!);
        Assert.Equal(BlocksStatus.Refused, trusted.Get(TargetKind.Block, block.Id.Hash, block.Length).Status);
        Assert.Equal(BlocksStatus.Done, trusted.Get(TargetKind.Content, put.Content.Hash, put.Size).Status);
        Assert.Equal(
            BlocksStatus.Refused, trusted.Get(TargetKind.Content, rows[^1].Content.Hash, rows[^1].Size).Status);
    }

    [Fact]
    public void EvictedBlockIsNotHeldAndIsRefused()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var put = alice.Publish(TestRandom.Bytes(300_000, 6))[0];
        bob.AwaitEntries(alice, 1);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        var block = BlocksOf(alice)[0];
        Assert.IsType<EngineResult.Evicted>(alice.Evict(put.Content));
        bob.Stop();
        var trusted = new RawPeer(mesh, bob.NodeKey, alice);
        Assert.Equal([false], trusted.Ask(new BlocksRequest.Have(TargetKind.Block, [block.Id.Hash])).Held!);
        Assert.Equal(BlocksStatus.Refused, trusted.Get(TargetKind.Block, block.Id.Hash, block.Length).Status);
    }

    /// <summary>Two peers; the first has forty small contents in one block, the first of them published when the
    /// audience is a wider one.</summary>
    private static (StoryNode Alice, StoryNode Bob, PutResult Put, Storage.BlockInfo Block) WithOneBlock(
        Mesh mesh, string audience)
    {
        var (alice, bob) = mesh.Pair();
        var puts = Enumerable.Range(0, 40)
            .Select(i => alice.Put(TestRandom.Bytes(3_000, (ulong)i + 500), audience)).ToList();
        if (audience != "internal")
            alice.Do<EngineResult.Published>(new EngineCommand.Publish([puts[0].Key], audience));
        mesh.Run(5_000);
        return (alice, bob, puts[0], Assert.Single(BlocksOf(alice)));
    }

    private static List<Storage.BlockInfo> BlocksOf(StoryNode node)
    {
        var ids = Disks.Blocks(node.StoreDisk).Values.Select(BlockId.From).ToList();
        return [.. node.Store.FindBlocks(ids).Select(b => b!)];
    }
}
