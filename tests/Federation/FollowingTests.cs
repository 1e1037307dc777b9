using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Tests;

public sealed class FollowingTests
{
    [Fact]
    public void PublishedArtifactShowsAtTheFollowerByAnnouncement()
    {
        var (loop, alice, bob) = Pair.Joined();
        var key = Pair.Publish(loop, alice, [1, 2, 3]);
        var entry = Assert.Single(bob.Core.Entries(alice.Domain));
        Assert.Equal((key, "peers"), (entry.Key, entry.Audience));
        Assert.Equal(alice.Store.Place, bob.Core.FollowedDomains[0].Head);
        Assert.Empty(bob.Faults);
    }

    [Fact]
    public void UnpublishedArtifactDisappears()
    {
        var (loop, alice, bob) = Pair.Joined();
        var key = Pair.Publish(loop, alice, [1, 2, 3]);
        Pair.Publish(loop, alice, [4]);
        alice.Store.Unpublish(key, "peers");
        Pair.Snapshot(loop, alice);
        Assert.DoesNotContain(bob.Core.Entries(alice.Domain), e => e.Key == key);
        Assert.Single(bob.Core.Entries(alice.Domain));
        Assert.Single(bob.Documents.Keys, k => k.Contains("/entry/"));
    }

    [Fact]
    public void ArtifactsOfOtherAudiencesStayUnknown()
    {
        var (loop, alice, bob) = Pair.Joined();
        Pair.Publish(loop, alice, [1], "internal");
        Pair.Publish(loop, alice, [2], "team");
        var open = Pair.Publish(loop, alice, [3], "public");
        Assert.Equal(open, Assert.Single(bob.Core.Entries(alice.Domain)).Key);
        Assert.Empty(bob.Faults);
        Assert.Equal(alice.Store.Place, bob.Core.FollowedDomains[0].Head);
    }

    [Fact]
    public void MissedAnnouncementIsRepairedByThePoll()
    {
        var (loop, alice, bob) = Pair.Joined();
        loop.TamperFrame = (sender, frame) =>
            CatalogRequest.TryDecode(frame.Span, out var r, out _) && r is CatalogRequest.Announce
                ? MeshLoop.Dropped
                : frame;
        loop.TamperGossip = (_, _) => MeshLoop.Dropped;
        Pair.Publish(loop, alice, [9]);
        Assert.Empty(bob.Core.Entries(alice.Domain));
        loop.TamperFrame = (_, frame) => frame;
        loop.Advance(TimeSpan.FromSeconds(61));
        Assert.Single(bob.Core.Entries(alice.Domain));
    }

    [Fact]
    public void QuestionsOnOneLinkShareOneTimer()
    {
        var (loop, alice, bob) = Pair.Joined();
        var (asked, armed) = (Asked(), Armed());
        for (var i = 0; i < 50; i++)
            Pair.Publish(loop, alice, BitConverter.GetBytes(i));
        Assert.InRange(Asked() - asked, 100, 1000);
        Assert.InRange(Armed() - armed, 0, 5);

        int Asked() => bob.Effects.OfType<NetworkEffect.SendFrame>().Count();

        int Armed() => bob.Effects.OfType<NetworkEffect.ArmTimer>()
            .Count(timer => timer.After <= FederationLimits.Default.AskTimeout
                && timer.After > TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void ManyEntriesAndLeavesComeInPages()
    {
        var (loop, alice, bob) = Pair.Joined();
        for (var i = 0; i < 700; i++)
            alice.Store.Put(BitConverter.GetBytes(i));
        Pair.Snapshot(loop, alice);
        Assert.Equal(700, bob.Core.Entries(alice.Domain).Count);
        loop.Restart(bob);
        Assert.Equal(700, bob.Core.Entries(alice.Domain).Count);
    }

    [Fact]
    public void TwoDomainsOfOneNameLiveSideBySide()
    {
        var loop = new MeshLoop();
        var bob = loop.Add("bob.personal", 2);
        var twins = new[] { loop.Add("alice.personal", 11), loop.Add("alice.personal", 12) };
        foreach (var twin in twins)
        {
            twin.Store.TakeSnapshot();
            Pair.Join(loop, twin, bob);
            Pair.Publish(loop, twin, [(byte)twin.Store.Dams.Count, 7]);
        }
        Assert.Equal(2, bob.Core.FollowedDomains.Count);
        Assert.Single(bob.Core.FollowedDomains.Select(d => d.ProposedName).Distinct());
        Assert.Equal(2, bob.Core.Peers.Select(p => p.Petname).Distinct().Count());
        foreach (var twin in twins)
            Assert.Single(bob.Core.Entries(twin.Domain));
        loop.Command<CommandResult.Done>(bob, new MeshCommand.SetPetname(twins[0].Domain, "first alice"));
        Assert.Equal(
            "first alice", bob.Core.FollowedDomains.Single(d => d.Domain == twins[0].Domain).Petname);
    }

    [Fact]
    public void RestartedFollowerShowsTheSameWithoutTheOwner()
    {
        var (loop, alice, bob) = Pair.Joined();
        for (byte i = 0; i < 5; i++)
            Pair.Publish(loop, alice, [i]);
        var before = bob.Core.FollowedDomains;
        var entries = bob.Core.Entries(alice.Domain).Select(e => e.Key).ToList();
        loop.Stop(alice);
        loop.Restart(bob);
        Assert.Equal(before, bob.Core.FollowedDomains);
        Assert.Equal(entries, bob.Core.Entries(alice.Domain).Select(e => e.Key));
        loop.Start(alice);
        Pair.Publish(loop, alice, [99]);
        loop.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(6, bob.Core.Entries(alice.Domain).Count);
        Assert.Empty(bob.Faults);
    }

    [Fact]
    public void DamagedDocumentsAreDroppedAndSyncedAgain()
    {
        var (loop, alice, bob) = Pair.Joined();
        Pair.Publish(loop, alice, [1]);
        foreach (var key in bob.Documents.Keys.Where(k => k.EndsWith("/head")).ToList())
            bob.Documents[key] = [1, 2, 3];
        loop.Restart(bob);
        loop.Advance(TimeSpan.FromMinutes(2));
        Assert.Single(bob.Core.Entries(alice.Domain));
    }

    public static TheoryData<string, PeerFault> HostileHeads => new()
    {
        { "wrong signature", PeerFault.BadSignature },
        { "wrong inclusion proof", PeerFault.BadInclusionProof },
        { "wrong consistency proof", PeerFault.BadConsistencyProof },
        { "older head", PeerFault.StaleHead },
        { "same size, other root", PeerFault.InconsistentHead },
        { "wrong opening", PeerFault.BadSnapshot },
        { "flipped commitment", PeerFault.BadLeaf },
        { "flipped body", PeerFault.BadLeaf },
        { "body withheld", PeerFault.BadCatalogNode },
        { "flipped entry", PeerFault.BadEntry },
        { "other entry", PeerFault.BadEntry },
        { "withheld entry", PeerFault.Refused },
        { "more leaves than asked", PeerFault.Oversize },
    };

    [Theory]
    [MemberData(nameof(HostileHeads))]
    public void HostileAnswerEndsInItsNamedFaultAndNothingOfItIsKept(string attack, PeerFault expected)
    {
        var (loop, alice, bob) = Pair.Joined();
        Pair.Publish(loop, alice, [1]);
        Pair.Publish(loop, alice, [2]);
        var oldPlace = alice.Store.Place!;
        var before = bob.Documents.ToDictionary(d => d.Key, d => Convert.ToHexString(d.Value));
        var seen = bob.Core.Entries(alice.Domain).Select(e => e.Key).ToList();
        alice.TamperAnswer = (query, answer) => Attack(attack, alice.Store, oldPlace, query, answer);
        if (attack != "older head" && attack != "same size, other root")
            alice.Store.Put([3]);
        Pair.Snapshot(loop, alice);
        Assert.Contains(expected, bob.Faults);
        Assert.Equal(seen, bob.Core.Entries(alice.Domain).Select(e => e.Key));
        var after = bob.Documents
            .Where(d => expected != PeerFault.InconsistentHead || !IsVerdict(d.Key))
            .ToDictionary(d => d.Key, d => Convert.ToHexString(d.Value));
        foreach (var (key, value) in after)
            Assert.Equal(before[key], value);
        var standing = expected == PeerFault.Refused ? PeerStanding.Good : PeerStanding.Demoted;
        Assert.Equal(standing, bob.Core.Peers[0].Standing);
        Assert.Equal(expected == PeerFault.InconsistentHead, bob.Documents.Keys.Any(k => k.StartsWith("evidence/")));
        Heals(loop, alice, bob, expected);
    }

    private static bool IsVerdict(string key) => key.StartsWith("evidence/") || key.EndsWith("/head");

    // Once the owner speaks the truth again everything shows, unless it was convicted.
    private static void Heals(MeshLoop loop, LoopNode alice, LoopNode bob, PeerFault fault)
    {
        if (fault == PeerFault.StaleHead)
        {
            // It was told what is held, by its own signature: law 9 holds it back from now on.
            Assert.Equal(OwnHeadState.RolledBack, alice.Core.HeadState);
            return;
        }
        alice.TamperAnswer = (_, answer) => answer;
        alice.Store.Put([4]);
        Pair.Snapshot(loop, alice);
        loop.Advance(TimeSpan.FromMinutes(3));
        var isConvicted = fault == PeerFault.InconsistentHead;
        Assert.Equal(isConvicted ? FollowState.Quarantined : FollowState.Current, bob.Core.FollowedDomains[0].State);
        Assert.Equal(!isConvicted, bob.Core.FollowedDomains[0].Head == alice.Store.Place);
    }

    private static StoreAnswer Attack(
        string attack, FakeStore store, HeadRef oldPlace, StoreQuery query, StoreAnswer answer) =>
        (attack, query, answer) switch
        {
            ("wrong signature", _, StoreAnswer.OwnHead own) =>
                own with { Bundle = own.Bundle with { Note = store.Sign(own.Place, store.Key(50)) } },
            ("wrong inclusion proof", _, StoreAnswer.OwnHead own) =>
                own with { Bundle = own.Bundle with { Inclusion = Flip(own.Bundle.Inclusion) } },
            ("wrong consistency proof", StoreQuery.OwnHead { SinceSize: > 0 }, StoreAnswer.OwnHead own) =>
                own with { Bundle = own.Bundle with { Consistency = Flip(own.Bundle.Consistency) } },
            ("older head", StoreQuery.OwnHead, StoreAnswer.OwnHead own) => Replace(
                own, store, oldPlace with { Size = oldPlace.Size - 2, Root = Blake3.Hash([1]) }),
            ("same size, other root", StoreQuery.OwnHead, StoreAnswer.OwnHead own) => Replace(
                own, store, oldPlace with { Root = Blake3.Hash([2]) }),
            ("wrong opening", _, StoreAnswer.OwnHead { Bundle.Openings.Count: > 0 } own) => own with
            {
                Bundle = own.Bundle with { Openings = [own.Bundle.Openings[0] with { Root = Blake3.Hash([3]) }] },
            },
            ("flipped commitment", _, StoreAnswer.OwnLeaves leaves) =>
                leaves with { Commitments = Flip(leaves.Commitments), Bodies = [.. leaves.Bodies.SkipLast(1)] },
            ("flipped body", _, StoreAnswer.OwnLeaves leaves) => leaves with
            {
                Bodies = [.. leaves.Bodies.Select(b => b with { Body = FlipLast(b.Body) })],
            },
            ("body withheld", _, StoreAnswer.OwnLeaves leaves) => leaves with { Bodies = [] },
            ("flipped entry", StoreQuery.OwnEntries, StoreAnswer.OwnItems items) =>
                new StoreAnswer.OwnItems([.. items.Items.Select(i => (ReadOnlyMemory<byte>?)FlipLast(i!.Value))]),
            ("other entry", StoreQuery.OwnEntries, StoreAnswer.OwnItems items) =>
                new StoreAnswer.OwnItems(
                    [.. items.Items.Select(_ => (ReadOnlyMemory<byte>?)store.Entry(KeyOfFirst()).Bytes)]),
            ("withheld entry", StoreQuery.OwnEntries, StoreAnswer.OwnItems items) =>
                new StoreAnswer.OwnItems([.. items.Items.Select(_ => (ReadOnlyMemory<byte>?)null)]),
            ("more leaves than asked", _, StoreAnswer.OwnLeaves leaves) =>
                leaves with { Commitments = [.. leaves.Commitments, Blake3.Hash([9])] },
            _ => answer,
        };

    private static StoreAnswer.OwnHead Replace(StoreAnswer.OwnHead own, FakeStore store, HeadRef place) =>
        new(place, own.Bundle with { Note = store.Sign(place) });

    private static ArtifactKey KeyOfFirst() =>
        Primitives.Artifacts.Descriptor.Create(ContentId.Of([1]), 1, "snapshot.vm").Key;

    private static IReadOnlyList<Hash256> Flip(IReadOnlyList<Hash256> hashes) =>
        [.. hashes.Take(hashes.Count - 1), Blake3.Hash(hashes[^1].AsSpan())];

    private static byte[] FlipLast(ReadOnlyMemory<byte> bytes)
    {
        var flipped = bytes.ToArray();
        flipped[^1] ^= 1;
        return flipped;
    }
}
