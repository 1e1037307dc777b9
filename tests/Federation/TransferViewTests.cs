using Omega.P2P.Federation.Fetching;
using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Tests;

/// <summary>What an owner sees of a transfer.</summary>
public sealed class TransferViewTests
{
    private static readonly CommandId Fetching = new(4242);

    [Fact]
    public void WhoBringsNothingIsMeasuredThenStalledAndWhoLacksItIsNamed()
    {
        var (loop, alice, bob, carol, key, content) = TransferTests.ThreeWithOneArtifact();
        bob.Store.Contents.Clear();
        loop.Held.Add(alice);
        Assert.Empty(carol.Core.Transfers);
        loop.Give(carol, new MeshInput.CommandIssued(Fetching, new MeshCommand.Fetch(alice.Domain, key)));
        var first = Assert.Single(carol.Core.Transfers);
        Assert.Equal((Fetching, 1), (first.Command, first.Contents));
        Assert.Equal((0L, (long)content.Length), (first.BytesDone, first.BytesWanted));
        Assert.Equal(HolderState.Measuring, Of(first, alice).State);
        Assert.Equal(HolderState.NotHeld, Of(first, bob).State);
        Assert.Equal(("alice.personal", alice.Address), (Of(first, alice).Petname, Of(first, alice).Address));
        loop.Advance(TimeSpan.FromSeconds(1));
        var then = Assert.Single(carol.Core.Transfers);
        Assert.Equal(HolderState.Stalled, Of(then, alice).State);
        Assert.Equal(TimeSpan.FromSeconds(1), then.Elapsed);
        loop.LetGo(alice);
        Assert.Empty(carol.Core.Transfers);
        var holders = Assert.IsType<CommandResult.Fetched>(carol.Results[Fetching]).Figures.Holders;
        Assert.Equal(content.Length, holders.Sum(h => h.Bytes));
        Assert.Equal(content.Length, holders.Single(h => h.Peer == alice.Peer).Bytes);
    }

    [Fact]
    public void ALiarIsCalledOne()
    {
        var (loop, alice, bob, carol, key, _) = TransferTests.ThreeWithOneArtifact();
        loop.TamperBulk = (sender, bytes) => sender == alice ? [0x7f, 1, 2, 3] : bytes;
        var fetched = loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, key));
        Assert.Equal(HolderState.Lying, fetched.Figures.Holders.Single(h => h.Peer == alice.Peer).State);
        Assert.True(fetched.Figures.Holders.Single(h => h.Peer == bob.Peer).Bytes > 0);
    }

    [Fact]
    public void WhatASinkIsMetAtMostIsWhatLimits()
    {
        var tally = new HolderTally();
        Assert.Null(tally.Limit);
        Look(tally, SinkActivity.Waiting, SinkActivity.Writing, SinkActivity.Writing);
        Assert.Equal(TransferLimit.OurDisk, tally.Limit);
        Look(tally, SinkActivity.Waiting, SinkActivity.Waiting, SinkActivity.Waiting);
        Assert.Equal(TransferLimit.PeerOrLink, tally.Limit);
        Look(tally, [.. Enumerable.Repeat(SinkActivity.Verifying, 8)]);
        Assert.Equal(TransferLimit.OurVerification, tally.Limit);
        Assert.InRange(tally.BytesPerSecond, 3_999, 4_001);
    }

    private static void Look(HolderTally tally, params SinkActivity[] met)
    {
        foreach (var activity in met)
            tally.Look(1000, TimeSpan.FromMilliseconds(250), [activity]);
    }

    private static HolderView Of(TransferView view, LoopNode node) => view.Holders.Single(h => h.Peer == node.Peer);
}
