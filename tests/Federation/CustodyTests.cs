using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Tests;

public sealed class CustodyTests
{
    [Fact]
    public void HolderThatProvesRandomGroupsCounts()
    {
        var (loop, alice, bob, _, _, content) = TransferTests.ThreeWithOneArtifact();
        var proven = Prove(loop, alice, 1, content);
        Assert.Equal(bob.Peer, Assert.Single(Assert.Single(proven.Contents).Holders));
    }

    [Fact]
    public void ContentThatNobodyElseHoldsHasNoHolder()
    {
        var (loop, alice, _) = Pair.Joined();
        var content = Pair.Content(50_000);
        Pair.Publish(loop, alice, content);
        Assert.Empty(Prove(loop, alice, 1, content).Contents[0].Holders);
    }

    [Fact]
    public void HolderThatSaysItHasAndLiesIsFoundOut()
    {
        var (loop, alice, bob, _, _, content) = TransferTests.ThreeWithOneArtifact();
        loop.TamperBulk = (sender, bytes) =>
        {
            bytes[^1] ^= (byte)(sender == bob ? 1 : 0);
            return bytes;
        };
        Assert.Empty(Prove(loop, alice, 1, content).Contents[0].Holders);
        Assert.Contains(PeerFault.FailedChallenge, alice.Faults);
        Assert.Equal(PeerStanding.Demoted, alice.Core.Peers.Single(p => p.Peer == bob.Peer).Standing);
    }

    [Fact]
    public void HolderThatAnswersEveryHaveWithYesMustStillProve()
    {
        var (loop, alice, bob) = Pair.Joined();
        var content = Pair.Content(50_000);
        Pair.Publish(loop, alice, content);
        loop.TamperFrame = (sender, frame) =>
            sender == bob && HaveResponse.TryDecode(frame.Span, 1, out _, out _)
                ? new HaveResponse([true]).Encode()
                : frame;
        Assert.Empty(Prove(loop, alice, 1, content).Contents[0].Holders);
        Assert.Contains(PeerFault.FailedChallenge, alice.Faults);
    }

    [Fact]
    public void ContentUnderChallengeIsServedToNobody()
    {
        var (loop, alice, bob, carol, key, content) = TransferTests.ThreeWithOneArtifact();
        var wasRefused = false;
        var isTried = false;
        loop.TamperFrame = (sender, frame) =>
        {
            // In the middle of the challenge, bob asks its owner for the very bytes.
            if (sender != alice || isTried || !BlocksRequest.TryDecode(frame.Span, out var r, out _)
                || r is not BlocksRequest.Get get)
                return frame;
            isTried = true;
            var raw = loop.OpenRaw(bob, alice, Protocol.Omega.OmegaProtocols.Blocks);
            raw.Send(get.Encode());
            wasRefused = raw.Bulk.SequenceEqual(BulkHeader.Refusal.Encode());
            return frame;
        };
        Prove(loop, alice, 1, content);
        Assert.True(isTried);
        Assert.True(wasRefused);
        loop.Command<CommandResult.Fetched>(carol, new MeshCommand.Fetch(alice.Domain, key));
    }

    [Fact]
    public void ChallengeAsksForFewGroupsOfABigContentAndForAllOfASmallOne()
    {
        var (loop, alice, bob) = Pair.Joined();
        byte[][] contents = [Pair.Content(40 * 16384 + 5), Pair.Content(3 * 16384)];
        foreach (var content in contents)
        {
            var key = Pair.Publish(loop, alice, content);
            loop.Command<CommandResult.Fetched>(bob, new MeshCommand.Fetch(alice.Domain, key));
        }
        var asked = new List<long>();
        loop.TamperFrame = (sender, frame) =>
        {
            if (sender == alice && BlocksRequest.TryDecode(frame.Span, out var r, out _) && r is BlocksRequest.Get get)
                asked.Add(get.Ranges.Sum(x => x.Length));
            return frame;
        };
        Assert.All(Prove(loop, alice, 1, contents).Contents, c => Assert.Single(c.Holders));
        Assert.InRange(asked[0], 15 * 16384, 16 * 16384);
        Assert.Equal(3 * 16384, asked[1]);
    }

    private static CommandResult.HoldersProven Prove(
        MeshLoop loop, LoopNode node, int holders, params byte[][] contents) =>
        loop.Command<CommandResult.HoldersProven>(node, new MeshCommand.ProveHolders(
            [.. contents.Select(c => new HeldContent(ContentId.Of(c), c.Length))], holders));
}
