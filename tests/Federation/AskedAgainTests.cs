using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Tests;

/// <summary>What a holder said, or did, is not its last word while a transfer runs.</summary>
public sealed class AskedAgainTests
{
    [Fact]
    public void TheOnlyHolderMayLackItAtFirst()
    {
        var (loop, alice, bob) = Pair.Joined(TransferTests.Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        LacksAtFirst(alice, times: 2);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, key), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void NobodyWhoHasItIsAskedForever()
    {
        var (loop, alice, bob) = Pair.Joined(TransferTests.Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        var asked = LacksAtFirst(alice, times: int.MaxValue);
        var failed = loop.Command<CommandResult.Failed>(
            bob, new MeshCommand.Fetch(alice.Domain, key), TimeSpan.FromSeconds(6));
        Assert.Equal(MeshError.NotAvailable, failed.Code);
        Assert.InRange(asked(), 2, 6);
        loop.Advance(TimeSpan.FromMinutes(1));
        Assert.InRange(asked(), 2, 6);
    }

    [Fact]
    public void AHolderThatLackedItAtFirstTakesOverFromASlowOne()
    {
        var (loop, alice, bob, carol, key, content) = TransferTests.ThreeWithOneArtifact();
        loop.Held.Add(alice);
        LacksAtFirst(bob, times: 1);
        var fetched = loop.Command<CommandResult.Fetched>(
            carol, new MeshCommand.Fetch(alice.Domain, key), TimeSpan.FromSeconds(3));
        Assert.Equal(content.Length, fetched.Figures.Bytes);
        Assert.Equal([bob.Peer], fetched.Figures.Peers);
    }

    [Fact]
    public void AHolderThatRestsIsAskedWhereThereIsNobodyElse()
    {
        var (loop, alice, bob) = Pair.Joined(TransferTests.Small);
        var key = Pair.Publish(loop, alice, Pair.Content(1000));
        loop.Mute.Add(alice);
        var id = new CommandId(4242);
        loop.Give(bob, new MeshInput.CommandIssued(id, new MeshCommand.Fetch(alice.Domain, key)));
        loop.Advance(TimeSpan.FromSeconds(20.1));
        Assert.Contains(PeerFault.Timeout, bob.Faults);
        loop.Mute.Clear();
        loop.Advance(TimeSpan.FromSeconds(2));
        Assert.IsType<CommandResult.Fetched>(bob.Results[id]);
    }

    [Fact]
    public void WhoFailsAgainAndAgainDoesNotEndWhatASlowOneBrings()
    {
        var (loop, alice, bob, carol, key, content) = TransferTests.ThreeWithOneArtifact();
        loop.Held.Add(alice);
        loop.TamperBulk = (sender, bytes) => sender == bob ? BulkHeader.Refusal.Encode() : bytes;
        var id = new CommandId(4242);
        loop.Give(carol, new MeshInput.CommandIssued(id, new MeshCommand.Fetch(alice.Domain, key)));
        loop.Advance(TimeSpan.FromSeconds(18));
        Assert.False(carol.Results.ContainsKey(id), "given up while alice was at it");
        loop.LetGo(alice);
        Assert.IsType<CommandResult.Fetched>(carol.Results[id]);
        Assert.True(carol.Store.Has(ContentId.Of(content)));
    }

    [Fact]
    public void WhatWaitsForOurOwnDiskIsNoHoldersFault()
    {
        var (loop, alice, bob, carol, key, content) = TransferTests.ThreeWithOneArtifact();
        var writes = 0;
        carol.Store.OnWrite = () =>
        {
            if (writes++ == 0)
                loop.Advance(TimeSpan.FromSeconds(5));
        };
        loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, key));
        Assert.DoesNotContain(PeerFault.Timeout, carol.Faults);
        Assert.True(carol.Store.Has(ContentId.Of(content)));
        _ = bob;
    }

    [Fact]
    public void ManyContentsAreAskedForInFewStreamsAtATime()
    {
        var limits = FederationLimits.Default with { StreamsPerLink = 4, HavesInFlight = 2, RangesInFlight = 1 };
        var (loop, alice, bob) = Pair.Joined(limits);
        List<ArtifactKey> keys =
            [.. Enumerable.Range(0, 5000).Select(i => alice.Store.Put(BitConverter.GetBytes(i)))];
        Pair.Snapshot(loop, alice);
        var fetched = loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.Equal(4 * keys.Count, fetched.Figures.Bytes);
    }

    /// <summary>Asked what it holds, it says "not here" so many times; returns how often it was asked.</summary>
    private static Func<int> LacksAtFirst(LoopNode node, int times)
    {
        var asked = 0;
        node.TamperAnswer = (question, answer) =>
            question is StoreQuery.Contents wanted && asked++ < times
                ? new StoreAnswer.Contents([.. wanted.Targets.Select(_ => ContentStatus.Unknown)])
                : answer;
        return () => asked;
    }
}
