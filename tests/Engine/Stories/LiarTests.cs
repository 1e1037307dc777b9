using Omega.P2P.Federation;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega.Catalog;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>A trusted peer that lies: each lie has its name, leaves nothing on disk, and costs the liar.</summary>
public sealed class LiarTests
{
    private const int Size = 300_000;

    [Theory]
    [InlineData(100)]
    [InlineData(17_000)]
    [InlineData(Size / 2)]
    [InlineData(Size)]
    public void FlippedByteInAFetchedRangeIsABadBlockHash(long at)
    {
        using var mesh = new Mesh();
        var (alice, bob, put) = Published(mesh);
        alice.Says = effect => Alter(effect, source => new Flipping(source, at));
        AssertNothingFetched(bob, alice, put, PeerFault.BadBlockHash);
        AssertFetchedOnceHonest(mesh, bob, alice, put);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(20_000)]
    [InlineData(Size - 1)]
    public void StreamThatEndsEarlyIsATruncatedStream(long length)
    {
        using var mesh = new Mesh();
        var (alice, bob, put) = Published(mesh);
        alice.Says = effect => Alter(effect, source => new Ending(source, length));
        AssertNothingFetched(bob, alice, put, PeerFault.TruncatedStream);
        AssertFetchedOnceHonest(mesh, bob, alice, put);
    }

    [Fact]
    public void BytesOfAnotherArtifactAreABadBlockHash()
    {
        using var mesh = new Mesh();
        var (alice, bob, put) = Published(mesh);
        var other = TestRandom.Bytes(Size + 100, 8);
        alice.Says = effect => Alter(effect, _ => new BytesSource(other));
        bob.Get(put.Content);
        Assert.Contains(bob.Faults, f => f is PeerFault.BadBlockHash or PeerFault.Malformed);
        Assert.False(bob.Store.HasContent(put.Content));
    }

    [Fact]
    public void HolderThatFailsARehydrationLeavesTheArtifactEvicted()
    {
        using var mesh = new Mesh();
        var (alice, bob, put) = Published(mesh);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        Assert.IsType<EngineResult.Evicted>(alice.Evict(put.Content));
        mesh.Run(5_000);
        var before = Disks.Files(alice.StoreDisk);
        bob.Says = effect => Alter(effect, source => new Flipping(source, 200_000));
        var failed = Assert.IsType<EngineResult.Failed>(alice.Get(put.Content));
        Assert.Equal(MeshError.VerificationFailed, failed.Code);
        Assert.Contains(PeerFault.BadBlockHash, alice.Faults);
        Assert.Equal(PeerStanding.Demoted, alice.View(bob).Standing);
        Assert.Equal(before, Disks.Files(alice.StoreDisk));
        Assert.Equal(Availability.Evicted, Assert.Single(alice.List(null)).Availability);
    }

    [Fact]
    public void HolderThatFailsItsChallengeDoesNotCountAndNothingIsEvicted()
    {
        using var mesh = new Mesh();
        var (alice, bob, put) = Published(mesh);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        bob.Says = effect => Alter(effect, source => new Flipping(source, 5_000));
        var before = Disks.Files(alice.StoreDisk);
        Assert.Equal(MeshError.Refused, Assert.IsType<EngineResult.Failed>(alice.Evict(put.Content)).Code);
        Assert.Contains(PeerFault.FailedChallenge, alice.Faults);
        Assert.Equal(PeerStanding.Demoted, alice.View(bob).Standing);
        Assert.Equal(before, Disks.Files(alice.StoreDisk));
    }

    [Fact]
    public void WrongInclusionProofIsNamedAndNothingOfTheHeadIsKept() => AssertHeadRefused(
        bundle => bundle with { Inclusion = Flipped(bundle.Inclusion) }, PeerFault.BadInclusionProof);

    [Fact]
    public void WrongConsistencyProofIsNamedAndNothingOfTheHeadIsKept() => AssertHeadRefused(
        bundle => bundle with { Consistency = Flipped(bundle.Consistency) }, PeerFault.BadConsistencyProof);

    [Fact]
    public void HeadWithAWrongSignatureIsNamedAndNothingOfItIsKept() => AssertHeadRefused(
        bundle =>
        {
            var note = bundle.Note.ToArray();
            note[^10] = note[^10] == (byte)'A' ? (byte)'B' : (byte)'A'; // inside the signature's base64
            return bundle with { Note = note };
        },
        PeerFault.BadSignature);

    [Fact]
    public void SnapshotThatIsNotTheOneSignedIsNamedAndNothingOfItIsKept() => AssertHeadRefused(
        bundle =>
        {
            var body = bundle.Snapshot.Body.ToArray();
            body[^1] ^= 1;
            return bundle with { Snapshot = bundle.Snapshot with { Body = body } };
        },
        PeerFault.BadInclusionProof);

    [Fact]
    public void HeadOlderThanTheOneHeldIsStaleAndNothingOfItIsKept()
    {
        using var mesh = new Mesh();
        var (alice, bob, _) = Published(mesh);
        HeadBundle? first = null;
        alice.Says = effect => OnHead(effect, bundle => first ??= bundle);
        bob.Mesh<CommandResult.Synced>(new MeshCommand.Sync(null));
        alice.Says = null;
        alice.Publish(TestRandom.Bytes(100, 2));
        bob.AwaitEntries(alice, 2);
        var (store, documents, held) = Kept(bob, alice);

        alice.Says = effect => OnHead(effect, _ => first!);
        alice.Publish(TestRandom.Bytes(100, 3));
        Assert.True(mesh.RunUntil(() => bob.Faults.Contains(PeerFault.StaleHead), 120_000));
        AssertKept(bob, alice, store, documents, held);
    }

    [Fact]
    public void OtherLeavesThanThoseSignedAreNamedAndNothingOfThemIsKept()
    {
        using var mesh = new Mesh();
        var (alice, bob, _) = Published(mesh);
        var (store, documents, held) = Kept(bob, alice);
        alice.Says = effect => OnAnswer(effect, answer => answer is CatalogResponse.Leaves leaves
            ? leaves with { Commitments = Flipped(leaves.Commitments) }
            : answer);
        alice.Publish(TestRandom.Bytes(100, 2));
        Assert.True(mesh.RunUntil(() => bob.Faults.Contains(PeerFault.BadLeaf), 120_000));
        AssertKept(bob, alice, store, documents, held);
    }

    [Fact]
    public void EntryWithAFlippedByteIsNamedAndNothingOfItIsKept()
    {
        using var mesh = new Mesh();
        var (alice, bob, _) = Published(mesh);
        var (store, documents, held) = Kept(bob, alice);
        alice.Says = effect => OnAnswer(effect, answer =>
        {
            if (answer is not CatalogResponse.Items items) return answer;
            var entry = items.Bytes[0].ToArray();
            entry[^1] ^= 1;
            return items with { Bytes = [entry] };
        });
        alice.Publish(TestRandom.Bytes(100, 2));
        Assert.True(mesh.RunUntil(() => bob.Faults.Contains(PeerFault.BadEntry), 120_000));
        AssertKept(bob, alice, store, documents, held);
    }

    [Fact]
    public void ForkOfTheSameKeysIsInconsistentAndTheDomainQuarantined()
    {
        using var mesh = new Mesh();
        var (alice, bob, put) = Published(mesh);
        var fork = alice.CopyDisks();
        var shown = alice.Publish(TestRandom.Bytes(100, 2))[0];
        bob.AwaitEntries(alice, 2);
        var store = Disks.Files(bob.StoreDisk);
        var head = bob.Engine.Mesh.FollowedDomains.Single().Head;

        // The fork stops its ears: what followers hold of it never reaches its conscience.
        alice.Hears = Deaf;
        alice.PutBack(fork);
        mesh.Run(2_000);
        var hidden = alice.Publish(TestRandom.Bytes(100, 3))[0];
        Assert.Equal(head!.Size, alice.Store.History.Head!.Size);
        Assert.True(mesh.RunUntil(() => bob.Faults.Contains(PeerFault.InconsistentHead), 200_000), Told(bob, alice));

        var followed = bob.Engine.Mesh.FollowedDomains.Single();
        Assert.Equal(FollowState.Quarantined, followed.State);
        Assert.Equal(head, followed.Head);
        Assert.Equal(PeerStanding.Demoted, bob.View(alice).Standing);
        Assert.Equal(store, Disks.Files(bob.StoreDisk));
        Assert.Equal(
            new[] { put.Key, shown.Key }.Order(), bob.List("alice.personal").Select(row => row.Key).Order());
        Assert.DoesNotContain(bob.List("alice.personal"), row => row.Key == hidden.Key);
        bob.Stop();
        bob.Start();
        Assert.Equal(FollowState.Quarantined, bob.Engine.Mesh.FollowedDomains.Single().State);
        Assert.Contains(bob.Notices, n => n is MeshNotice.DomainQuarantined);
    }

    private static (StoryNode Alice, StoryNode Bob, PutResult Put) Published(Mesh mesh)
    {
        var (alice, bob) = mesh.Pair();
        var put = alice.Publish(TestRandom.Bytes(Size, 1))[0];
        bob.AwaitEntries(alice, 1);
        mesh.Run(5_000);
        return (alice, bob, put);
    }

    private static void AssertNothingFetched(StoryNode bob, StoryNode alice, PutResult put, PeerFault fault)
    {
        var before = Disks.Files(bob.StoreDisk);
        var failed = Assert.IsType<EngineResult.Failed>(bob.Get(put.Content));
        Assert.Equal(MeshError.VerificationFailed, failed.Code);
        Assert.Contains(fault, bob.Faults);
        Assert.Equal(fault, bob.View(alice).LastFault);
        Assert.Equal(PeerStanding.Demoted, bob.View(alice).Standing);
        Assert.Equal(before, Disks.Files(bob.StoreDisk));
        Assert.False(bob.Store.HasContent(put.Content));
        Assert.Empty(bob.List(null));
        Assert.Equal(0, bob.Store.Stats.Blocks);
    }

    private static void AssertFetchedOnceHonest(Mesh mesh, StoryNode bob, StoryNode alice, PutResult put)
    {
        alice.Says = null;
        mesh.Run(11 * 60_000);
        Assert.Equal(PeerStanding.Good, bob.View(alice).Standing);
        Assert.IsType<EngineResult.Ready>(bob.Get(put.Content));
        Assert.Equal(TestRandom.Bytes(Size, 1), bob.Read(put.Content));
    }

    /// <summary>A second publication whose head is altered; a head is held already.</summary>
    private static void AssertHeadRefused(Func<HeadBundle, HeadBundle> alter, PeerFault fault)
    {
        using var mesh = new Mesh();
        var (alice, bob, _) = Published(mesh);
        var (store, documents, held) = Kept(bob, alice);
        alice.Says = effect => OnHead(effect, alter);
        alice.Publish(TestRandom.Bytes(100, 2));
        Assert.True(mesh.RunUntil(() => bob.Faults.Contains(fault), 120_000), Told(bob, alice));
        AssertKept(bob, alice, store, documents, held);

        alice.Says = null;
        mesh.Run(120_000);
        bob.AwaitEntries(alice, 2);
        Assert.Equal(PeerStanding.Good, bob.View(alice).Standing);
    }

    private static (SortedDictionary<string, Hash256>, SortedDictionary<string, Hash256>, FollowedDomain) Kept(
        StoryNode bob, StoryNode alice) => (
            Disks.Files(bob.StoreDisk), Disks.Files(bob.MeshDisk),
            bob.Engine.Mesh.FollowedDomains.Single(d => d.Domain == alice.Domain));

    private static void AssertKept(
        StoryNode bob, StoryNode alice, SortedDictionary<string, Hash256> store,
        SortedDictionary<string, Hash256> documents, FollowedDomain held)
    {
        Assert.Equal(store, Disks.Files(bob.StoreDisk));
        Assert.Equal(documents, Disks.Files(bob.MeshDisk));
        var now = bob.Engine.Mesh.FollowedDomains.Single(d => d.Domain == alice.Domain);
        Assert.Equal((held.Head, held.Entries), (now.Head, now.Entries));
        Assert.Equal(held.Entries, bob.List(alice.Domain.ToString()).Count);
        Assert.Equal(PeerStanding.Demoted, bob.View(alice).Standing);
    }

    private static string Told(StoryNode bob, StoryNode alice) =>
        $"{alice.Engine.Mesh.HeadState}: " + string.Join("; ", bob.Notices);

    private static NetworkEffect Alter(NetworkEffect effect, Func<IBulkSource, IBulkSource> alter) =>
        effect is NetworkEffect.SendBulk bulk ? bulk with { Source = alter(bulk.Source) } : effect;

    private static NetworkEffect OnAnswer(NetworkEffect effect, Func<CatalogResponse, CatalogResponse> alter) =>
        effect is NetworkEffect.SendFrame frame && CatalogResponse.TryDecode(frame.Payload.Span, out var answer, out _)
            ? frame with { Payload = alter(answer).Encode() }
            : effect;

    private static NetworkEffect OnHead(NetworkEffect effect, Func<HeadBundle, HeadBundle> alter) => OnAnswer(
        effect, answer => answer is CatalogResponse.Head head ? new CatalogResponse.Head(alter(head.Bundle)) : answer);

    private static NetworkInput? Deaf(NetworkInput input)
    {
        if (input is not NetworkInput.FrameArrived frame) return input;
        if (CatalogResponse.TryDecode(frame.Payload.Span, out var answer, out _))
        {
            return answer switch
            {
                CatalogResponse.Held => frame with { Payload = new CatalogResponse.Held(default).Encode() },
                CatalogResponse.Noted => frame with { Payload = new CatalogResponse.Noted(default).Encode() },
                _ => input,
            };
        }

        return CatalogRequest.TryDecode(frame.Payload.Span, out var asked, out _) && asked is CatalogRequest.Head head
            ? frame with { Payload = (head with { Note = default }).Encode() }
            : input;
    }

    private static IReadOnlyList<Hash256> Flipped(IReadOnlyList<Hash256> hashes)
    {
        Assert.NotEmpty(hashes);
        var bytes = hashes[^1].AsSpan().ToArray();
        bytes[7] ^= 4;
        return [.. hashes.SkipLast(1), Hash256.From(bytes)];
    }

    private sealed class Flipping(IBulkSource source, long at) : IBulkSource
    {
        private long _position;

        public int Read(Span<byte> buffer)
        {
            var count = source.Read(buffer);
            if (at >= _position && at < _position + count) buffer[(int)(at - _position)] ^= 1;
            _position += count;
            return count;
        }

        public void Dispose() => source.Dispose();
    }

    private sealed class Ending(IBulkSource source, long length) : IBulkSource
    {
        private long _left = length;

        public int Read(Span<byte> buffer)
        {
            if (_left == 0) return 0;
            var count = source.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= count;
            return count;
        }

        public void Dispose() => source.Dispose();
    }
}
