using Omega.P2P.Federation;
using Omega.P2P.Storage;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>Law 9: a home put back to an older copy is an accident, noticed before anything is signed.</summary>
public sealed class RollBackTests
{
    [Fact]
    public void HomePutBackFindsThatItsHeadIsBehindStaysReadableAndSignsNothing()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var kept = TestRandom.Bytes(5_000, 1);
        var old = alice.Publish(kept)[0];
        bob.AwaitEntries(alice, 1);
        var copy = alice.CopyDisks();
        alice.Publish(TestRandom.Bytes(5_000, 2));
        bob.AwaitEntries(alice, 2);
        var held = Followed(bob, alice).Head!;

        alice.PutBack(copy);
        AwaitState(mesh, alice, OwnHeadState.RolledBack);
        AssertSignsNothing(alice, old.Key);
        Assert.Single(alice.List(null));
        Assert.Equal(kept, alice.Read(old.Content));
        mesh.Run(120_000);
        Assert.Equal(held, Followed(bob, alice).Head);
        Assert.Equal(2, bob.List("alice.personal").Count);
        Assert.NotEqual(FollowState.Quarantined, Followed(bob, alice).State);

        // A restart forgets nothing of it, also with nobody there to say it again.
        bob.Stop();
        alice.Stop();
        alice.Start();
        AwaitState(mesh, alice, OwnHeadState.RolledBack);
        AssertSignsNothing(alice, old.Key);
    }

    [Fact]
    public void OwnersEpochBringsItBackAndFollowersGoOn()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        alice.Publish(TestRandom.Bytes(5_000, 1));
        bob.AwaitEntries(alice, 1);
        var copy = alice.CopyDisks();
        alice.Publish(TestRandom.Bytes(5_000, 2));
        bob.AwaitEntries(alice, 2);
        alice.PutBack(copy);
        AwaitState(mesh, alice, OwnHeadState.RolledBack);

        Assert.Equal(1, alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch()).Epoch);
        AssertFollowsAnew(mesh, alice, bob, epoch: 1);
    }

    [Fact]
    public void HomePutBackAcrossAnEpochSkipsTheNumberItHasLost()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        alice.Publish(TestRandom.Bytes(5_000, 1));
        bob.AwaitEntries(alice, 1);
        var copy = alice.CopyDisks();
        alice.Publish(TestRandom.Bytes(5_000, 2));
        bob.AwaitEntries(alice, 2);
        alice.PutBack(copy);
        AwaitState(mesh, alice, OwnHeadState.RolledBack);
        alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch());
        alice.Publish(TestRandom.Bytes(5_000, 3));
        Assert.True(mesh.RunUntil(() => Followed(bob, alice).Head!.Epoch == 1, 120_000));

        alice.PutBack(copy);
        AwaitState(mesh, alice, OwnHeadState.RolledBack);
        Assert.Equal(2, alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch()).Epoch);
        Assert.Equal([0L, 2L], alice.Store.History.Epochs.Select(e => e.Epoch));
        AssertFollowsAnew(mesh, alice, bob, epoch: 2);
    }

    [Fact]
    public void EpochWhoseFirstHeadAPowerLossPreventedIsGoneOnFrom()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        alice.Publish(TestRandom.Bytes(5_000, 1));
        bob.AwaitEntries(alice, 1);
        var copy = alice.CopyDisks();
        alice.Publish(TestRandom.Bytes(5_000, 2));
        bob.AwaitEntries(alice, 2);
        alice.PutBack(copy);
        AwaitState(mesh, alice, OwnHeadState.RolledBack);
        var rolledBack = alice.CopyDisks();
        alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch());
        // The store is past the epoch, its head and the mesh's documents are not.
        alice.Stop();
        var store = alice.StoreDisk.Copy();
        foreach (var name in store.List("public/1").Where(n => n.StartsWith("head-", StringComparison.Ordinal)))
            store.Delete("public/1/" + name);
        alice.PutBack((store, rolledBack.Mesh));
        AwaitState(mesh, alice, OwnHeadState.RolledBack);

        Assert.Equal(2, alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch()).Epoch);
        AssertFollowsAnew(mesh, alice, bob, epoch: 2);
    }

    [Fact]
    public void RestartWithoutAnAccidentIsConfirmedByAFollowerAndGoesOn()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        alice.Publish(TestRandom.Bytes(100, 1));
        bob.AwaitEntries(alice, 1);
        bob.Stop();
        alice.PutBack(alice.CopyDisks());
        Assert.Equal(OwnHeadState.Unconfirmed, alice.Engine.Mesh.HeadState);
        bob.Start();
        AwaitState(mesh, alice, OwnHeadState.Confirmed);
        alice.Publish(TestRandom.Bytes(100, 2));
        bob.AwaitEntries(alice, 2);
    }

    private static void AssertFollowsAnew(Mesh mesh, StoryNode alice, StoryNode bob, long epoch)
    {
        var bytes = TestRandom.Bytes(5_000, 9);
        var fresh = alice.Publish(bytes)[0];
        bob.AwaitEntries(alice, 2);
        Assert.Contains(bob.List("alice.personal"), row => row.Key == fresh.Key);
        Assert.Equal(epoch, Followed(bob, alice).Head!.Epoch);
        Assert.Equal(FollowState.Current, Followed(bob, alice).State);
        Assert.IsType<EngineResult.Ready>(bob.Get(fresh.Content));
        Assert.Equal(bytes, bob.Read(fresh.Content));

        alice.Stop();
        alice.Start();
        AwaitState(mesh, alice, OwnHeadState.Confirmed);
        alice.Publish(TestRandom.Bytes(10, 10));
        bob.AwaitEntries(alice, 3);
    }

    private static void AssertSignsNothing(StoryNode alice, Primitives.Ids.ArtifactKey key)
    {
        var files = Disks.Files(alice.StoreDisk).Where(f => f.Key.StartsWith("public/", StringComparison.Ordinal)
            || f.Key.StartsWith("log/", StringComparison.Ordinal)).ToList();
        var published = Assert.IsType<EngineResult.Failed>(alice.Do(new EngineCommand.Publish([key], "public")));
        Assert.Equal(MeshError.ReadOnly, published.Code);
        var withdrawn = Assert.IsType<EngineResult.Failed>(alice.Do(new EngineCommand.Unpublish([key], "peers")));
        Assert.Equal(MeshError.ReadOnly, withdrawn.Code);
        Assert.Throws<StoreReadOnlyException>(() => alice.Put([1, 2, 3]));
        Assert.Throws<StoreReadOnlyException>(() => alice.Store.TakeSnapshot(new(1_800_000_900_000, 900_000)));
        Assert.IsType<EngineResult.Failed>(alice.Do(new EngineCommand.Mesh(
            new MeshCommand.Invite(TimeSpan.FromHours(1), null))));
        Assert.Equal(files, Disks.Files(alice.StoreDisk).Where(f =>
            f.Key.StartsWith("public/", StringComparison.Ordinal)
            || f.Key.StartsWith("log/", StringComparison.Ordinal)).ToList());
    }

    private static FollowedDomain Followed(StoryNode node, StoryNode owner) =>
        node.Engine.Mesh.FollowedDomains.Single(d => d.Domain == owner.Domain);

    private static void AwaitState(Mesh mesh, StoryNode node, OwnHeadState state) => Assert.True(
        mesh.RunUntil(() => node.Engine.Mesh.HeadState == state, 120_000),
        $"{node.Engine.Mesh.HeadState} and never {state}");
}
