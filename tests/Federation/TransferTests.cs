using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Federation.Tests;

public sealed class TransferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16384)]
    [InlineData(16385)]
    [InlineData(300_001)]
    public void PublishedContentComesWholeWhateverItsSize(int size)
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var content = Pair.Content(size);
        var key = Pair.Publish(loop, alice, content);
        var fetched = loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, key));
        Assert.Equal(size, fetched.Figures.Bytes);
        Assert.True(bob.Store.Has(ContentId.Of(content)) || size == 0);
        Assert.Equal(0, bob.Store.OpenTransfers);
        Assert.Equal(0, fetched.Figures.BytesRefetched);
    }

    [Fact]
    public void FetchedContentComesBackAfterTheOwnerEvictedIt()
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var content = Pair.Content(100_000);
        var key = Pair.Publish(loop, alice, content);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, key));
        alice.Store.Contents.Clear();
        loop.Command<CommandResult.Fetched>(alice, new MeshCommand.Rehydrate(key));
        Assert.True(alice.Store.Has(ContentId.Of(content)));
    }

    [Theory]
    [InlineData("flip", PeerFault.BadBlockHash)]
    [InlineData("cut", PeerFault.TruncatedStream)]
    [InlineData("garbage", PeerFault.Malformed)]
    [InlineData("wrong size", PeerFault.BadBlockHash)]
    public void HostileBytesEndInTheirNamedFaultAndNothingIsKept(string attack, PeerFault expected)
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var content = Pair.Content(100_000);
        var key = Pair.Publish(loop, alice, content);
        loop.TamperBulk = (_, bytes) => Attack(attack, bytes);
        var failed = loop.Command<CommandResult.Failed>(
            bob, new MeshCommand.Fetch(alice.Domain, key), TimeSpan.FromSeconds(20));
        Assert.Equal(MeshError.VerificationFailed, failed.Code);
        Assert.Contains(expected, bob.Faults);
        Assert.Empty(bob.Store.Contents);
        Assert.Equal(0, bob.Store.OpenTransfers);
        Assert.Equal(PeerStanding.Demoted, bob.Core.Peers[0].Standing);
        loop.TamperBulk = (_, bytes) => bytes;
        loop.Advance(TimeSpan.FromMinutes(11));
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, key));
    }

    [Fact]
    public void AnotherHolderTakesOverWhereALiarFailed()
    {
        var (loop, alice, bob, carol, key, content) = ThreeWithOneArtifact();
        var tampered = 0;
        loop.TamperBulk = (sender, bytes) => sender == alice && tampered++ == 1 ? Attack("flip", bytes) : bytes;
        var fetched = loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, key));
        Assert.True(carol.Store.Has(ContentId.Of(content)));
        Assert.Contains(PeerFault.BadBlockHash, carol.Faults);
        Assert.Equal(2, fetched.Figures.Peers.Count);
        Assert.Equal(content.Length, fetched.Figures.Bytes);
        Assert.InRange(fetched.Figures.BytesRefetched, 1, 16 << 10); // one group, and no byte more
        _ = bob;
    }

    [Fact]
    public void FetchWithNobodyUpWaitsAndThenIsNotAvailable()
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        loop.Stop(alice);
        var failed = loop.Command<CommandResult.Failed>(
            bob, new MeshCommand.Fetch(alice.Domain, key), TimeSpan.FromSeconds(6));
        Assert.Equal(MeshError.NotAvailable, failed.Code);
    }

    [Fact]
    public void HolderThatComesUpWhileAFetchWaitsIsUsed()
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        loop.Stop(alice);
        var id = new CommandId(4242);
        loop.Give(bob, new MeshInput.CommandIssued(id, new MeshCommand.Fetch(alice.Domain, key)));
        loop.Start(alice);
        loop.Advance(TimeSpan.FromSeconds(4));
        Assert.IsType<CommandResult.Fetched>(bob.Results[id]);
    }

    [Fact]
    public void FullDiskIsALocalFaultAndThePeerKeepsItsStanding()
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        bob.Store.IsDiskFull = true;
        var failed = loop.Command<CommandResult.Failed>(bob, new MeshCommand.Fetch(alice.Domain, key));
        Assert.Equal(MeshError.StoreFailed, failed.Code);
        Assert.Equal(PeerStanding.Good, bob.Core.Peers[0].Standing);
    }

    [Fact]
    public void UnknownArtifactsAreNotFound()
    {
        var (loop, alice, bob) = Pair.Joined();
        var key = ArtifactKey.From(Primitives.Hashing.Blake3.Hash([1]));
        Assert.Equal(
            MeshError.NotFound,
            loop.Command<CommandResult.Failed>(bob, new MeshCommand.Fetch(alice.Domain, key)).Code);
        Assert.Equal(
            MeshError.NotFound, loop.Command<CommandResult.Failed>(bob, new MeshCommand.Rehydrate(key)).Code);
    }

    [Fact]
    public void CancelledFetchLeavesNothingOpen()
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        loop.Stop(alice);
        var id = new CommandId(4242);
        loop.Give(bob, new MeshInput.CommandIssued(id, new MeshCommand.Fetch(alice.Domain, key)));
        loop.Command<CommandResult.Done>(bob, new MeshCommand.Cancel(id));
        Assert.Equal(MeshError.Cancelled, Assert.IsType<CommandResult.Failed>(bob.Results[id]).Code);
        Assert.Equal(0, bob.Store.OpenTransfers);
    }

    /// <summary>Small ranges, so that one content takes several requests.</summary>
    internal static FederationLimits Small => FederationLimits.Default with { RangeBytes = 64 << 10 };

    internal static (MeshLoop, LoopNode Alice, LoopNode Bob, LoopNode Carol, ArtifactKey, byte[]) ThreeWithOneArtifact()
    {
        var (loop, alice, bob) = Pair.Joined(Small);
        var carol = loop.Add("carol.personal", 3, limits: Small);
        carol.Store.TakeSnapshot();
        Pair.Join(loop, alice, carol);
        Pair.Join(loop, bob, carol);
        var content = Pair.Content(400_000);
        var key = Pair.Publish(loop, alice, content);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, key));
        return (loop, alice, bob, carol, key, content);
    }

    private static byte[] Attack(string attack, byte[] bytes)
    {
        var hostile = (byte[])bytes.Clone();
        switch (attack)
        {
            case "flip":
                hostile[^10] ^= 1;
                return hostile;
            case "cut":
                return hostile[..^10];
            case "garbage":
                return [0x7f, 1, 2, 3];
            default:
                return new Protocol.Omega.Blocks.BulkHeader(99).Encode();
        }
    }
}
