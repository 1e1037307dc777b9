using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Tests;

/// <summary>Small contents that come many to a request.</summary>
public sealed class BatchTests
{
    private const int Count = 2500;
    private const int Length = sizeof(int) + 3;

    [Fact]
    public void ThousandsOfSmallContentsComeInAFewRequests()
    {
        var (loop, alice, bob) = Pair.Joined();
        var (keys, contents) = PutMany(loop, alice, Count);
        var fetched = loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.All(contents, content => Assert.True(bob.Store.Has(ContentId.Of(content))));
        Assert.Equal(contents.Sum(content => content.Length), fetched.Figures.Bytes);
        Assert.Equal(3 + 3, fetched.Figures.Requests); // of 1,024 each: who has them, and what they are
        Assert.Equal(0, fetched.Figures.BytesRefetched);
        Assert.Equal(0, bob.Store.OpenTransfers);
    }

    [Fact]
    public void ContentsOfOneGroupAndLargerOnesComeTogether()
    {
        var (loop, alice, bob) = Pair.Joined();
        var contents = new[] { 1, 16384, 16385, 300_000, 0, 5 }.Select((size, i) => Pair.Content(size, i)).ToList();
        var keys = contents.ConvertAll(content => alice.Store.Put(content));
        Pair.Snapshot(loop, alice);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.All(contents, content => Assert.True(content.Length == 0 || bob.Store.Has(ContentId.Of(content))));
    }

    [Fact]
    public void OneLieInABatchEndsItAndAnotherHolderBringsTheRest()
    {
        var (loop, alice, bob, carol) = Three();
        var (keys, contents) = PutMany(loop, alice, 300);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        var lies = 0;
        loop.TamperBulk = (sender, bytes) => sender == alice && lies++ == 0 ? FlipMiddle(bytes) : bytes;
        var fetched = loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.All(contents, content => Assert.True(carol.Store.Has(ContentId.Of(content))));
        Assert.Contains(PeerFault.BadBlockHash, carol.Faults);
        Assert.InRange(fetched.Figures.BytesRefetched, 1, 16 << 10);
        Assert.Equal(contents.Sum(content => content.Length), fetched.Figures.Bytes);
    }

    [Fact]
    public void OnlyLiarsMeanThatTheFetchFailsAndNothingIsKept()
    {
        var (loop, alice, bob) = Pair.Joined();
        var (keys, _) = PutMany(loop, alice, 20);
        loop.TamperBulk = (_, bytes) => FlipMiddle(bytes);
        var failed = loop.Command<CommandResult.Failed>(
            bob, new MeshCommand.Fetch(alice.Domain, keys), TimeSpan.FromSeconds(20));
        Assert.Equal(MeshError.VerificationFailed, failed.Code);
        Assert.Empty(bob.Store.Contents);
        Assert.Equal(0, bob.Store.OpenTransfers);
    }

    [Fact]
    public void WhatOneHolderLostMeanwhileAnotherBrings()
    {
        var (loop, alice, bob, carol) = Three();
        var (keys, contents) = PutMany(loop, alice, 40);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        // Alice says that she has them all, and then refuses every other one.
        var asked = 0;
        alice.TamperAnswer = (question, answer) => question is StoreQuery.Contents && answer is StoreAnswer.Contents all
            && asked++ > 0
            ? new StoreAnswer.Contents([.. all.Items.Select((item, i) => i % 2 == 0 ? item : ContentStatus.Unknown)])
            : answer;
        loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.All(contents, content => Assert.True(carol.Store.Has(ContentId.Of(content))));
        Assert.DoesNotContain(PeerFault.BadBlockHash, carol.Faults);
    }

    [Fact]
    public void WhatAHolderThatStandsStillWasAskedForAnotherBringsAsWell()
    {
        var (loop, alice, bob, carol) = Three();
        var (keys, contents) = PutMany(loop, alice, 300);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        loop.Held.Add(alice);
        // Well before it is given up: a second.
        var fetched = loop.Command<CommandResult.Fetched>(
            carol, new MeshCommand.Fetch(alice.Domain, keys), TimeSpan.FromMilliseconds(900));
        Assert.All(contents, content => Assert.True(carol.Store.Has(ContentId.Of(content))));
        Assert.Equal(contents.Sum(content => content.Length), fetched.Figures.Bytes);
        Assert.DoesNotContain(PeerFault.Timeout, carol.Faults);
        loop.LetGo(alice);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnOlderNodeIsAskedForEachAndKeepsItsGoodOpinionOfUs(bool isOnlyHolder)
    {
        var (loop, alice, bob, carol) = Three();
        alice.IsOld = true;
        var (keys, contents) = PutMany(loop, alice, 40);
        loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        if (isOnlyHolder)
            bob.Store.Contents.Clear();
        var fetched = loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.All(contents, content => Assert.True(carol.Store.Has(ContentId.Of(content))));
        Assert.Equal(isOnlyHolder ? [alice.Peer] : [bob.Peer], fetched.Figures.Peers);
        Assert.Empty(carol.Faults);
        Assert.Empty(alice.Faults);
    }

    [Fact]
    public void OneUnknownKeyMeansThatNothingIsFetched()
    {
        var (loop, alice, bob) = Pair.Joined();
        var (keys, _) = PutMany(loop, alice, 3);
        keys.Add(ArtifactKey.From(Primitives.Hashing.Blake3.Hash([1])));
        var failed = loop.Command<CommandResult.Failed>(bob, new MeshCommand.Fetch(alice.Domain, keys));
        Assert.Equal(MeshError.NotFound, failed.Code);
        Assert.Empty(bob.Store.Contents);
    }

    /// <summary>Alice, whose contents bob gets first, and carol, who asks both.</summary>
    private static (MeshLoop Loop, LoopNode Alice, LoopNode Bob, LoopNode Carol) Three()
    {
        var (loop, alice, bob) = Pair.Joined();
        var carol = loop.Add("carol.personal", 3);
        carol.Store.TakeSnapshot();
        Pair.Join(loop, alice, carol);
        Pair.Join(loop, bob, carol);
        return (loop, alice, bob, carol);
    }

    private static (List<ArtifactKey> Keys, List<byte[]> Contents) PutMany(MeshLoop loop, LoopNode node, int count)
    {
        var contents = Enumerable.Range(0, count).Select(i => (byte[])[.. BitConverter.GetBytes(i), 1, 2, 3]).ToList();
        var keys = contents.ConvertAll(content => node.Store.Put(content));
        Pair.Snapshot(loop, node);
        return (keys, contents);
    }

    /// <summary>Changes the last byte of a content in the middle.</summary>
    private static byte[] FlipMiddle(byte[] bytes)
    {
        var hostile = (byte[])bytes.Clone();
        var each = new BulkHeader(Length).Encode().Length + Length;
        hostile[hostile.Length / each / 2 * each + each - 1] ^= 1;
        return hostile;
    }
}
