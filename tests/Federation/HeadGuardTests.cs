using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Tests;

public sealed class HeadGuardTests
{
    [Fact]
    public void DomainThatNobodyEverFollowedIsAloneAndItsFirstFollowerConfirmsIt()
    {
        var (loop, alice, bob) = Pair.Apart();
        Assert.Equal(OwnHeadState.Alone, alice.Core.HeadState);
        Pair.Join(loop, alice, bob);
        Assert.Equal(OwnHeadState.Confirmed, alice.Core.HeadState);
        Assert.Contains(alice.Documents.Keys, k => k == "follower/" + bob.Peer);
    }

    [Fact]
    public void FollowerIsRememberedBeforeItsFirstHeadLeaves()
    {
        var (_, alice, _) = Pair.Joined();
        var kept = alice.Effects.FindIndex(e =>
            e is MeshEffect.PutDocument { Key: var k } && k.StartsWith("follower/"));
        var left = alice.Effects.FindIndex(e =>
            e is NetworkEffect.SendFrame f && CatalogResponse.TryDecode(f.Payload.Span, out var r, out _)
            && r is CatalogResponse.Head);
        Assert.InRange(kept, 0, left - 1);
    }

    [Fact]
    public void AfterAStartNoHeadLeavesBeforeAFollowerAnswered()
    {
        var (loop, alice, bob) = Pair.Joined();
        var carol = loop.Add("carol.personal", 3);
        bob.IsIsolated = true;
        loop.Disconnect(bob);
        loop.Restart(alice);
        Assert.Equal(OwnHeadState.Unconfirmed, alice.Core.HeadState);
        Pair.Join(loop, alice, carol);
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(carol.Core.FollowedDomains[0].Head);
        bob.IsIsolated = false;
        loop.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(OwnHeadState.Confirmed, alice.Core.HeadState);
        Assert.Equal(alice.Store.Place, carol.Core.FollowedDomains[0].Head);
        Assert.Empty(carol.Faults);
    }

    [Fact]
    public void CopyPutBackIsFoundReadOnlyAndANewEpochBringsItBack()
    {
        var (loop, alice, bob, key) = RolledBack();
        Assert.Equal(OwnHeadState.RolledBack, alice.Core.HeadState);
        Assert.True(alice.Store.IsReadOnly);
        var held = bob.Core.FollowedDomains[0].Head!;
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(held, bob.Core.FollowedDomains[0].Head);
        Assert.Equal(
            MeshError.ReadOnly,
            loop.Command<CommandResult.Failed>(alice, new MeshCommand.Invite(TimeSpan.FromHours(1), null)).Code);
        loop.Restart(alice);
        Assert.Equal(OwnHeadState.RolledBack, alice.Core.HeadState);

        Assert.Equal(1, loop.Command<CommandResult.EpochOpened>(alice, new MeshCommand.OpenEpoch()).Epoch);
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(OwnHeadState.Confirmed, alice.Core.HeadState);
        Assert.Equal(alice.Store.Place, bob.Core.FollowedDomains[0].Head);
        Assert.Equal(1, bob.Core.FollowedDomains[0].Head!.Epoch);
        Assert.Contains(bob.Core.Entries(alice.Domain), e => e.Key == key);
        Assert.Empty(bob.Faults);
        Pair.Publish(loop, alice, [77]);
        Assert.Equal(alice.Store.Place, bob.Core.FollowedDomains[0].Head);
        loop.Restart(alice);
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(OwnHeadState.Confirmed, alice.Core.HeadState);
    }

    [Fact]
    public void CopyThatGrewAnotherHistoryPastTheWitnessedSizeIsRolledBackToo()
    {
        var (loop, alice, bob, _) = RolledBack(regrow: 20);
        Assert.Equal(OwnHeadState.RolledBack, alice.Core.HeadState);
        Assert.True(alice.Store.Place!.Size > bob.Core.FollowedDomains[0].Head!.Size);
        Assert.Empty(bob.Faults);
        Assert.NotEqual(FollowState.Quarantined, bob.Core.FollowedDomains[0].State);
        _ = loop;
    }

    [Fact]
    public void EvenAnOwnerThatForgotItsFollowerLearnsFromItsOwnSignature()
    {
        var (loop, alice, bob) = Pair.Apart();
        var early = alice.Store.Copy();
        var documents = alice.Documents.ToDictionary(d => d.Key, d => d.Value);
        Pair.Join(loop, alice, bob);
        Pair.Publish(loop, alice, [1]);
        loop.Stop(alice);
        alice.Store = early;
        alice.Documents = new(documents, StringComparer.Ordinal);
        loop.Start(alice);
        Assert.Equal(OwnHeadState.Alone, alice.Core.HeadState);
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(OwnHeadState.RolledBack, alice.Core.HeadState);
        // With the epoch come the manifests that its follower had kept, and so its trust in that follower.
        loop.Command<CommandResult.EpochOpened>(alice, new MeshCommand.OpenEpoch());
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(bob.Peer, Assert.Single(alice.Core.Peers).Peer);
        Assert.Equal(alice.Store.Place, bob.Core.FollowedDomains[0].Head);
        Assert.DoesNotContain(bob.Faults, f => f != PeerFault.Refused);
    }

    [Fact]
    public void NoteWeDidNotSignChangesNothingAndDemotesWhoShowsIt()
    {
        var (loop, alice, bob) = Pair.Joined();
        bob.Store.TakeSnapshot();
        loop.TamperFrame = (sender, frame) =>
            sender == bob && CatalogResponse.TryDecode(frame.Span, out var r, out _) && r is CatalogResponse.Held
                ? new CatalogResponse.Held(Forge(alice, bob)).Encode()
                : frame;
        loop.Restart(alice);
        loop.Advance(TimeSpan.FromSeconds(30));
        Assert.Contains(PeerFault.BadSignature, alice.Faults);
        Assert.NotEqual(OwnHeadState.RolledBack, alice.Core.HeadState);
    }

    [Fact]
    public void OpeningAnEpochWithoutNeedIsRefused()
    {
        var (loop, alice, _) = Pair.Joined();
        Assert.Equal(
            MeshError.Usage, loop.Command<CommandResult.Failed>(alice, new MeshCommand.OpenEpoch()).Code);
    }

    [Fact]
    public void EpochThatForgetsWhatWasWitnessedIsRefusedByItsWitness()
    {
        var (loop, alice, bob) = Pair.Joined();
        Pair.Publish(loop, alice, [1]);
        var held = bob.Core.FollowedDomains[0].Head!;
        var lesser = Primitives.Domains.EpochRecord.Create(
            alice.Store.Head, alice.Domain, 1,
            new Primitives.Domains.EpochHead(held.Epoch, held.Size - 1, held.Root), 1);
        alice.Store.OpenEpoch(lesser.Bytes);
        loop.Give(alice, new MeshInput.OwnHeadChanged());
        Assert.Contains(PeerFault.BadEpoch, bob.Faults);
        Assert.Equal(held, bob.Core.FollowedDomains[0].Head);
        Assert.Equal(FollowState.Stalled, bob.Core.FollowedDomains[0].State);
    }

    private static ReadOnlyMemory<byte> Forge(LoopNode owner, LoopNode liar) =>
        owner.Store.Sign(new HeadRef(0, 1000, Primitives.Hashing.Blake3.Hash([1])), liar.Store.Head);

    // A's home is copied, A goes on, the copy is put back.
    private static (MeshLoop Loop, LoopNode Alice, LoopNode Bob, Primitives.Ids.ArtifactKey Kept) RolledBack(
        int regrow = 0)
    {
        var (loop, alice, bob) = Pair.Joined();
        var kept = Pair.Publish(loop, alice, [1]);
        var copy = alice.Store.Copy();
        var documents = alice.Documents.ToDictionary(d => d.Key, d => d.Value);
        Pair.Publish(loop, alice, [2]);
        Pair.Publish(loop, alice, [3]);
        loop.Stop(alice);
        alice.Store = copy;
        alice.Documents = new(documents, StringComparer.Ordinal);
        for (var i = 0; i < regrow; i++)
            alice.Store.Put([(byte)i, 9]);
        if (regrow > 0)
            alice.Store.TakeSnapshot();
        loop.Start(alice);
        loop.Advance(TimeSpan.FromMinutes(3));
        return (loop, alice, bob, kept);
    }
}
