using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Tests;

public sealed class ServingTests
{
    [Fact]
    public void StrangerGetsTheSameRefusalForEverythingThereIsAndIsNot()
    {
        var (loop, alice, _) = Pair.Joined();
        var content = Pair.Content(5000);
        var key = Pair.Publish(loop, alice, content, "public");
        var mallory = loop.Add("mallory", 9);
        loop.Connect(mallory, alice);
        foreach (var domain in new[] { alice.Domain, mallory.Domain })
        {
            CatalogRequest[] questions =
            [
                new CatalogRequest.Held(domain), new CatalogRequest.Dam(domain, 0),
                new CatalogRequest.Head(domain, 0, 0, default), new CatalogRequest.Leaves(domain, 0, 0, 5),
                new CatalogRequest.Nodes(domain, "public", [Blake3.Hash([1])]),
                new CatalogRequest.Entries(domain, "public", [key.Hash]),
                new CatalogRequest.Announce(domain, new byte[50]),
            ];
            foreach (var question in questions)
            {
                Assert.Equal(
                    CatalogResponse.Refused.Instance.Encode(), AskCatalog(loop, mallory, alice, question.Encode()));
            }
        }
        Assert.Equal(CatalogResponse.Refused.Instance.Encode(), AskCatalog(loop, mallory, alice, [0xff]));
        foreach (var id in new[] { ContentId.Of(content).Hash, Blake3.Hash([7]) })
        {
            var get = new BlocksRequest.Get(TargetKind.Content, id, [new WireRange(0, 10)]);
            Assert.Equal(BulkHeader.Refusal.Encode(), AskBlocks(loop, mallory, alice, get).Bulk.ToArray());
            var have = AskBlocks(loop, mallory, alice, new BlocksRequest.Have(TargetKind.Content, [id]));
            Assert.Equal(HaveResponse.Refused.Encode(), Assert.Single(have.Frames));
        }
    }

    [Theory]
    [InlineData("peers", true)]
    [InlineData("public", true)]
    [InlineData("team", false)]
    [InlineData("internal", false)]
    public void TrustedPeerReadsWhatItsAudiencesMayReadAndNothingElse(string audience, bool isReadable)
    {
        var (loop, alice, bob) = Pair.Joined();
        var content = Pair.Content(5000);
        Pair.Publish(loop, alice, content, audience);
        var hash = ContentId.Of(content).Hash;
        var bulk = AskBlocks(
            loop, bob, alice, new BlocksRequest.Get(TargetKind.Content, hash, [new WireRange(0, 5000)])).Bulk;
        Assert.Equal(isReadable, bulk.Count > 5000);
        if (!isReadable)
            Assert.Equal(BulkHeader.Refusal.Encode(), bulk.ToArray());
        var have = AskBlocks(loop, bob, alice, new BlocksRequest.Have(TargetKind.Content, [hash]));
        Assert.Equal(new HaveResponse([isReadable]).Encode(), Assert.Single(have.Frames));
    }

    [Fact]
    public void OfManyEachIsAnsweredOrRefusedByItself()
    {
        var (loop, alice, bob) = Pair.Joined();
        var mallory = loop.Add("mallory", 9);
        loop.Connect(mallory, alice);
        byte[][] contents = [Pair.Content(50, 1), Pair.Content(60, 2), Pair.Content(70, 3)];
        alice.Store.Put(contents[0]);
        alice.Store.Put(contents[1], "internal");
        alice.Store.Put(contents[2]);
        Pair.Snapshot(loop, alice);
        var gets = contents.Select(content => new BlocksRequest.Get(
            TargetKind.Content, ContentId.Of(content).Hash, [new WireRange(0, content.Length)])).ToList();
        gets.Add(gets[0] with { Ranges = [new WireRange(0, 51)] });
        var refusal = BulkHeader.Refusal.Encode();
        Assert.Equal(
            [
                .. new BulkHeader(50).Encode(), .. contents[0], .. refusal,
                .. new BulkHeader(70).Encode(), .. contents[2], .. refusal,
            ],
            AskBlocks(loop, bob, alice, new BlocksRequest.Many(gets)).Bulk.ToArray());
        Assert.Equal(
            [.. refusal, .. refusal, .. refusal, .. refusal],
            AskBlocks(loop, mallory, alice, new BlocksRequest.Many(gets)).Bulk.ToArray());
    }

    [Fact]
    public void CopyOfAFollowedDomainIsServedToItsOwnerAndToItsOtherPeersOnly()
    {
        var (loop, alice, bob, carol, _, content) = TransferTests.ThreeWithOneArtifact();
        var dave = loop.Add("dave.personal", 4);
        dave.Store.TakeSnapshot();
        Pair.Join(loop, bob, dave);
        var get = new BlocksRequest.Get(TargetKind.Content, ContentId.Of(content).Hash, [new WireRange(0, 100)]);
        Assert.True(AskBlocks(loop, alice, bob, get).Bulk.Count > 100);
        Assert.True(AskBlocks(loop, carol, bob, get).Bulk.Count > 100);
        Assert.Equal(BulkHeader.Refusal.Encode(), AskBlocks(loop, dave, bob, get).Bulk.ToArray());
    }

    [Fact]
    public void RangeBeyondTheContentIsRefused()
    {
        var (loop, alice, bob) = Pair.Joined();
        var content = Pair.Content(5000);
        Pair.Publish(loop, alice, content);
        var get = new BlocksRequest.Get(
            TargetKind.Content, ContentId.Of(content).Hash, [new WireRange(4999, 2)]);
        Assert.Equal(BulkHeader.Refusal.Encode(), AskBlocks(loop, bob, alice, get).Bulk.ToArray());
    }

    [Fact]
    public void TrustedPeerThatTalksNonsenseIsDemotedAndItsLinkCut()
    {
        var (loop, alice, bob) = Pair.Joined();
        var raw = loop.OpenRaw(bob, alice, OmegaProtocols.Catalog);
        raw.Send(new byte[] { 0xff, 0 });
        Assert.Contains(PeerFault.Malformed, alice.Faults);
        Assert.Equal(PeerStanding.Demoted, alice.Core.Peers[0].Standing);
        Assert.Contains(alice.Effects, e => e is NetworkEffect.DropLink);
    }

    [Fact]
    public void OnlySoManyStreamsPerLinkAreTaken()
    {
        var (loop, alice, bob) = Pair.Joined(FederationLimits.Default with { StreamsPerLink = 4 });
        for (var i = 0; i < 10; i++)
            loop.OpenRaw(bob, alice, OmegaProtocols.Catalog);
        Assert.InRange(alice.Effects.Count(e => e is NetworkEffect.ResetStream), 6, 10);
    }

    [Fact]
    public void StreamOfAnUnknownProtocolIsReset()
    {
        var (loop, alice, bob) = Pair.Joined();
        var before = alice.Effects.Count;
        loop.OpenRaw(bob, alice, "/omega/other/1");
        Assert.Single(alice.Effects[before..], e => e is NetworkEffect.ResetStream);
    }

    [Fact]
    public void AudienceOnesDoesNotBelongToGivesNoEntriesByKey()
    {
        var (loop, alice, bob) = Pair.Joined();
        var key = Pair.Publish(loop, alice, [1], "team");
        var question = new CatalogRequest.Entries(alice.Domain, "team", [key.Hash]);
        Assert.Equal(
            CatalogResponse.Refused.Instance.Encode(), AskCatalog(loop, bob, alice, question.Encode()));
    }

    private static byte[] AskCatalog(MeshLoop loop, LoopNode from, LoopNode to, byte[] question)
    {
        var raw = loop.OpenRaw(from, to, OmegaProtocols.Catalog);
        raw.Send(question);
        return Assert.Single(raw.Frames);
    }

    private static RawStream AskBlocks(MeshLoop loop, LoopNode from, LoopNode to, BlocksRequest request)
    {
        var raw = loop.OpenRaw(from, to, OmegaProtocols.Blocks);
        raw.Send(request.Encode());
        return raw;
    }
}
