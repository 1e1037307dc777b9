using Omega.P2P.Federation.Tests.Support;

namespace Omega.P2P.Federation.Tests;

public sealed class LyingOwnerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OwnerThatGoesOnFromAnotherHistoryIsNeverBelieved(int extraHeads)
    {
        var (loop, alice, bob) = Pair.Joined();
        var fork = alice.Store.Copy();
        for (byte i = 0; i <= extraHeads; i++)
            Pair.Publish(loop, alice, [i]);
        var held = bob.Core.FollowedDomains[0].Head!;
        var entries = bob.Core.Entries(alice.Domain).Count;
        for (byte i = 0; i < 20; i++)
            fork.Put([i, 9, 9]);
        alice.Store = fork;
        // A liar tells itself that it is honest.
        alice.TamperAnswer = (query, answer) =>
            query is StoreQuery.OwnRoot ? new StoreAnswer.OwnRoot(held.Root) : answer;
        Pair.Snapshot(loop, alice);

        var isPowerOfTwo = (held.Size & (held.Size - 1)) == 0;
        var expected = isPowerOfTwo ? PeerFault.BadConsistencyProof : PeerFault.InconsistentHead;
        Assert.Contains(expected, bob.Faults);
        Assert.Equal(held, bob.Core.FollowedDomains[0].Head);
        Assert.Equal(entries, bob.Core.Entries(alice.Domain).Count);
        Assert.Equal(
            isPowerOfTwo ? FollowState.Stalled : FollowState.Quarantined, bob.Core.FollowedDomains[0].State);
        Assert.Equal(!isPowerOfTwo, bob.Documents.Keys.Any(k => k == $"evidence/{alice.Domain.Hash}/0"));
        loop.Restart(bob);
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(held, bob.Core.FollowedDomains[0].Head);
    }

    [Fact]
    public void ManifestThatDoesNotContinueTheChainIsRefused()
    {
        var (loop, alice, bob) = Pair.Joined();
        var held = bob.Core.FollowedDomains[0].Head!;
        loop.TamperFrame = (sender, frame) =>
            sender == alice && Protocol.Omega.Catalog.CatalogResponse.TryDecode(frame.Span, out var r, out _)
            && r is Protocol.Omega.Catalog.CatalogResponse.Dam
                ? new Protocol.Omega.Catalog.CatalogResponse.Dam([.. bob.Store.Dams.Take(1)]).Encode()
                : frame;
        Pair.Publish(loop, alice, [1]);
        Assert.Contains(PeerFault.BadManifest, bob.Faults);
        Assert.Equal(held, bob.Core.FollowedDomains[0].Head);
    }

    [Fact]
    public void ArtifactOfABraneThatTheManifestDoesNotBindIsRefusedUntilItIsBound()
    {
        var (loop, alice, bob) = Pair.Joined();
        var stranger = alice.Store.Key(60);
        alice.Store.Put([1, 2], "peers", stranger);
        Pair.Snapshot(loop, alice);
        Assert.Contains(PeerFault.BadEntry, bob.Faults);
        Assert.Empty(bob.Core.Entries(alice.Domain));
        loop.Command<CommandResult.Done>(alice, new MeshCommand.BindBrane("replay", stranger.PublicKey));
        loop.Advance(TimeSpan.FromMinutes(2));
        Assert.Single(bob.Core.Entries(alice.Domain));
    }

    [Fact]
    public void BraneNameOrKeyThatTheManifestCannotHoldIsAUsageError()
    {
        var (loop, alice, _) = Pair.Joined();
        var versions = alice.Store.Dams.Count;
        foreach (var bind in new[]
        {
            new MeshCommand.BindBrane("Not A Tag", alice.Store.Key(61).PublicKey),
            new MeshCommand.BindBrane("replay", alice.Store.Head.PublicKey),
        })
            Assert.Equal(MeshError.Usage, loop.Command<CommandResult.Failed>(alice, bind).Code);
        Assert.Equal(versions, alice.Store.Dams.Count);
    }

    [Fact]
    public void TenantIsWrittenOnceAndOnlyAsTheManifestCanHoldIt()
    {
        const string Recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
        var (loop, alice, _) = Pair.Joined();
        var versions = alice.Store.Dams.Count;
        foreach (var set in new[]
        {
            new MeshCommand.SetTenant("Not A Tag", [Recipient]),
            new MeshCommand.SetTenant("acme", ["somebody"]),
        })
            Assert.Equal(MeshError.Usage, loop.Command<CommandResult.Failed>(alice, set).Code);
        loop.Command<CommandResult.Done>(alice, new MeshCommand.SetTenant("acme", []));
        Assert.Equal(versions, alice.Store.Dams.Count);
        loop.Command<CommandResult.Done>(alice, new MeshCommand.SetTenant("acme", [Recipient]));
        loop.Command<CommandResult.Done>(alice, new MeshCommand.SetTenant("acme", [Recipient, Recipient]));
        Assert.Equal(versions + 1, alice.Store.Dams.Count);
        loop.Command<CommandResult.Done>(alice, new MeshCommand.SetTenant("acme", []));
        Assert.Equal(versions + 2, alice.Store.Dams.Count);
    }

    [Fact]
    public void SyncTellsHowManyOwnersAnswered()
    {
        var (loop, alice, bob) = Pair.Joined();
        Assert.Equal(
            new CommandResult.Synced(1, 1), loop.Command<CommandResult.Synced>(bob, new MeshCommand.Sync(null)));
        loop.Stop(alice);
        Assert.Equal(
            new CommandResult.Synced(0, 1),
            loop.Command<CommandResult.Synced>(bob, new MeshCommand.Sync(alice.Domain)));
        Assert.Equal(
            MeshError.NotFound,
            loop.Command<CommandResult.Failed>(bob, new MeshCommand.Sync(bob.Domain)).Code);
    }
}
