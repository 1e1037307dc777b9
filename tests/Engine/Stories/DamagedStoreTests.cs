using Omega.P2P.Federation;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>A node whose log rotted is read-only: whatever would have to be written down is refused by name.</summary>
public sealed class DamagedStoreTests
{
    [Fact]
    public void EveryChangeOfTheManifestIsRefusedAndNothingIsWritten()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var carol = mesh.Add("carol.personal");
        var kept = alice.Publish(TestRandom.Bytes(5_000, 1))[0];
        bob.AwaitEntries(alice, 1);
        PutVictim(alice);
        var ticket = Ticket(alice);
        var carols = Ticket(carol);
        Damage(alice);
        var before = Disks.Files(alice.StoreDisk);

        using var key = Ed25519PrivateKey.Generate(new TestRandom(77));
        AssertReadOnly(alice, new MeshCommand.BindBrane("other", key.PublicKey));
        AssertReadOnly(alice, new MeshCommand.Invite(TimeSpan.FromHours(1), null));
        AssertReadOnly(alice, new MeshCommand.Join(carols, null));
        AssertReadOnly(alice, new MeshCommand.RemovePeer(bob.Peer));
        Assert.Equal(MeshError.Refused, Failure(carol, new MeshCommand.Join(ticket, null)).Code);
        Assert.Single(alice.Engine.Mesh.Peers);
        Assert.Equal(MeshError.ReadOnly, Assert.IsType<EngineResult.Failed>(
            alice.Do(new EngineCommand.Publish([kept.Key], "public"))).Code);
        Assert.Equal(before, Disks.Files(alice.StoreDisk));
    }

    [Fact]
    public void GuestWhoseStoreBecomesReadOnlyWhileItsTicketIsRedeemedSaysSo()
    {
        using var mesh = new Mesh();
        var (alice, carol) = (mesh.Add("alice.personal"), mesh.Add("carol.personal"));
        var ticket = Ticket(alice);
        carol.Hears = input =>
        {
            if (input is NetworkInput.FrameArrived) carol.Store.SetReadOnly("the disk is gone");
            return input;
        };
        var refused = Failure(carol, new MeshCommand.Join(ticket, null));
        Assert.Equal(MeshError.ReadOnly, refused.Code);
        Assert.Contains("the disk is gone", refused.Message, StringComparison.Ordinal);
        Assert.Empty(carol.Engine.Mesh.Peers);
    }

    [Fact]
    public void EvictionWhoseStoreBecomesReadOnlyWhileHoldersAreAskedSaysSo()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        var kept = alice.Publish(TestRandom.Bytes(50_000, 1))[0];
        bob.AwaitEntries(alice, 1);
        Assert.IsType<EngineResult.Ready>(bob.Get(kept.Content));
        alice.Hears = input =>
        {
            if (input is NetworkInput.BulkFinished or NetworkInput.FrameArrived)
                alice.Store.SetReadOnly("the disk is gone");
            return input;
        };
        var refused = Assert.IsType<EngineResult.Failed>(alice.Evict(kept.Content));
        Assert.Equal(MeshError.ReadOnly, refused.Code);
        Assert.Equal(TestRandom.Bytes(50_000, 1), alice.Read(kept.Content));
    }

    [Fact]
    public void RolledBackAndDamagedStoreRefusesTheEpochItCouldNotKeep()
    {
        using var mesh = new Mesh();
        var (alice, bob) = mesh.Pair();
        PutVictim(alice);
        alice.Publish(TestRandom.Bytes(5_000, 1));
        bob.AwaitEntries(alice, 1);
        var copy = alice.CopyDisks();
        alice.Publish(TestRandom.Bytes(5_000, 2));
        bob.AwaitEntries(alice, 2);
        alice.PutBack(copy);
        Assert.True(mesh.RunUntil(() => alice.Engine.Mesh.HeadState == OwnHeadState.RolledBack, 120_000));
        Damage(alice);
        var refused = AssertReadOnly(alice, new MeshCommand.OpenEpoch());
        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, alice.Store.History.CurrentEpoch);
    }

    /// <summary>Flips a byte of a record in the log that nothing later leans on; the node comes up read-only.</summary>
    private static void Damage(StoryNode node)
    {
        node.Stop();
        var file = "log/" + node.StoreDisk.List("log").Order(StringComparer.Ordinal).Last();
        var at = Disks.Bytes(node.StoreDisk, file).AsSpan().IndexOf("victim.kind"u8);
        node.StoreDisk.Flip(file, at);
        node.Start();
        Assert.True(node.Store.IsDamaged);
        Assert.True(node.Store.ReadOnly);
    }

    private static void PutVictim(StoryNode node)
    {
        node.Put(TestRandom.Bytes(100, 70), "internal", "victim.kind");
        node.Put(TestRandom.Bytes(100, 71), "internal");
    }

    private static string Ticket(StoryNode node) =>
        node.Mesh<CommandResult.Invited>(new MeshCommand.Invite(TimeSpan.FromHours(1), null)).Ticket;

    private static CommandResult.Failed AssertReadOnly(StoryNode node, MeshCommand command)
    {
        var failed = Failure(node, command);
        Assert.Equal(MeshError.ReadOnly, failed.Code);
        return failed;
    }

    private static CommandResult.Failed Failure(StoryNode node, MeshCommand command)
    {
        var failed = Assert.IsType<EngineResult.Failed>(node.Do(new EngineCommand.Mesh(command)));
        return new CommandResult.Failed(failed.Code, failed.Message, failed.Hint);
    }
}
