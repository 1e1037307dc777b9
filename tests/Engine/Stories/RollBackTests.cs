using Omega.P2P.Federation;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;

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
    public void HomeThatLostTheHeadOfItsNewestEpochOpensTheOneAfterIt()
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
        // Epoch 1 opens unseen by anyone, and then its first snapshot is torn off the log: no head is left of it.
        bob.Stop();
        alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch());
        alice.Stop();
        TearLog(alice.StoreDisk);
        alice.Start();
        Assert.Null(alice.Store.History.Head);
        Assert.Equal(1, alice.Store.History.CurrentEpoch);
        bob.Start();
        AwaitState(mesh, alice, OwnHeadState.RolledBack);

        Assert.Equal(2, alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch()).Epoch);
        AssertFollowsAnew(mesh, alice, bob, epoch: 2);
    }

    [Fact]
    public void PowerLossAtAnyCallOfTheOwnersEpochLeavesAHomeThatGoesOn()
    {
        for (var call = 1; ; call++)
        {
            using var mesh = new Mesh();
            var (alice, bob) = mesh.Pair();
            alice.Publish(TestRandom.Bytes(500, 1));
            bob.AwaitEntries(alice, 1);
            var copy = alice.CopyDisks();
            alice.Publish(TestRandom.Bytes(500, 2));
            bob.AwaitEntries(alice, 2);
            alice.PutBack(copy);
            AwaitState(mesh, alice, OwnHeadState.RolledBack);
            alice.StoreDisk.FailAt(alice.StoreDisk.Calls + call, DiskFault.PowerLoss);
            if (!Crashes(alice))
            {
                Assert.True(call > 5, "the sweep saw too few calls to be one");
                return;
            }

            alice.Start();
            Assert.True(mesh.RunUntil(() => alice.Engine.Mesh.HeadState == OwnHeadState.RolledBack, 120_000));
            var epoch = alice.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch()).Epoch;
            Assert.InRange(epoch, 1, 2);
            AssertFollowsAnew(mesh, alice, bob, epoch);
        }
    }

    private static void TearLog(MemoryFileSystem disk)
    {
        var last = "log/" + disk.List("log").Order(StringComparer.Ordinal).Last();
        using var file = disk.Open(last, FileOpenMode.ReadWrite);
        file.Truncate(file.Length - 1);
        file.Sync();
    }

    private static bool Crashes(StoryNode node)
    {
        try
        {
            node.Mesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch());
            return false;
        }
        catch (IOException)
        {
            node.LosePower();
            return true;
        }
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
        Assert.True(mesh.RunUntil(() => bob.List("alice.personal").Any(row => row.Key == fresh.Key), 120_000));
        Assert.Equal(
            alice.List(null).Select(row => row.Key), bob.List("alice.personal").Select(row => row.Key));
        Assert.Equal(epoch, Followed(bob, alice).Head!.Epoch);
        Assert.Equal(FollowState.Current, Followed(bob, alice).State);
        Assert.IsType<EngineResult.Ready>(bob.Get(fresh.Content));
        Assert.Equal(bytes, bob.Read(fresh.Content));

        alice.Stop();
        alice.Start();
        AwaitState(mesh, alice, OwnHeadState.Confirmed);
        alice.Publish(TestRandom.Bytes(10, 10));
        bob.AwaitEntries(alice, alice.List(null).Count);
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
