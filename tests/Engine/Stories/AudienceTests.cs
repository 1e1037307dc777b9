using Omega.P2P.Federation;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>Named audiences: members see, others do not learn that there is anything.</summary>
public sealed class AudienceTests
{
    [Fact]
    public void MembersSeeWhatIsPublishedToThemAndMembershipMayChangeLater()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var carol = mesh.Add("carol.personal");
        mesh.Join(alice, carol);
        Set(alice, bob);
        var bytes = TestRandom.Bytes(30_000, 1);
        var put = alice.Put(bytes, "family");
        alice.Do<EngineResult.Published>(new EngineCommand.Publish([put.Key], "family"));
        var open = alice.Publish(TestRandom.Bytes(100, 2))[0];
        bob.AwaitEntries(alice, 2);
        carol.AwaitEntries(alice, 1);
        Assert.Equal(open.Key, Assert.Single(carol.List("alice.personal")).Key);
        Assert.Equal(MeshError.NotFound, Assert.IsType<EngineResult.Failed>(carol.Get(put.Content)).Code);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        Assert.Equal(bytes, bob.Read(put.Content));

        // Who comes later sees what was published before.
        Set(alice, bob, carol);
        carol.AwaitEntries(alice, 2);
        Assert.IsType<EngineResult.Ready>(carol.Get(put.Content));

        // Who leaves sees it no longer, though what was fetched is kept.
        Set(alice, carol);
        bob.AwaitEntries(alice, 1);
        Assert.Equal(bytes, bob.Read(put.Content));

        Set(alice);
        carol.AwaitEntries(alice, 1);
        Assert.Empty(alice.Store.Audiences);
        Assert.Empty(bob.Faults);
        Assert.Empty(carol.Faults);
    }

    [Fact]
    public void WithdrawnFromOneAudienceItStaysWithTheOther()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        Set(alice, bob);
        var put = alice.Publish(TestRandom.Bytes(3_000, 1))[0];
        alice.Do<EngineResult.Published>(new EngineCommand.Publish([put.Key], "family"));
        bob.AwaitEntries(alice, 1);
        alice.Do<EngineResult.Published>(new EngineCommand.Unpublish([put.Key], "peers"));
        mesh.Run(10_000);
        Assert.Single(bob.List("alice.personal"));
        alice.Do<EngineResult.Published>(new EngineCommand.Unpublish([put.Key], "family"));
        bob.AwaitEntries(alice, 0);
        Assert.Empty(bob.Faults);
    }

    [Fact]
    public void OnlyTrustedPeersAreMembersAndOnlyOfNamesThatAManifestHolds()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var carol = mesh.Add("carol.personal"); // not joined
        var versions = alice.Store.DamChain.Count;
        (string, StoryNode)[] refused = [("family", carol), ("Not A Tag", bob), ("peers", bob), ("public", bob)];
        foreach (var (name, member) in refused)
        {
            var command = new EngineCommand.Mesh(new MeshCommand.SetAudience(name, [member.NodeKey.PublicKey]));
            Assert.Equal(MeshError.Usage, Assert.IsType<EngineResult.Failed>(alice.Do(command)).Code);
        }

        Assert.Equal(versions, alice.Store.DamChain.Count);
        Set(alice, bob);
        Set(alice, bob);
        Assert.Equal(versions + 1, alice.Store.DamChain.Count);
    }

    private static void Set(StoryNode owner, params StoryNode[] members) => owner.Mesh<CommandResult.Done>(
        new MeshCommand.SetAudience("family", [.. members.Select(m => m.NodeKey.PublicKey)]));
}
