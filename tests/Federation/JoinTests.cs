using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Join;

namespace Omega.P2P.Federation.Tests;

public sealed class JoinTests
{
    [Fact]
    public void RedeemingATicketMakesTrustMutualAndBothFollow()
    {
        var (loop, alice, bob) = Pair.Joined();
        Assert.Equal(bob.Domain, Assert.Single(alice.Core.Peers).Domain);
        Assert.Equal(alice.Domain, Assert.Single(bob.Core.Peers).Domain);
        Assert.Equal(alice.Domain, Assert.Single(bob.Core.FollowedDomains).Domain);
        Assert.Equal(bob.Domain, Assert.Single(alice.Core.FollowedDomains).Domain);
        Assert.Equal(FollowState.Current, bob.Core.FollowedDomains[0].State);
        Assert.Equal(FollowState.Current, alice.Core.FollowedDomains[0].State);
        Assert.Empty(alice.Faults);
        Assert.Empty(bob.Faults);
        _ = loop;
    }

    [Fact]
    public void IssuerKeepsManifestInvitationAndPeerBeforeItAnswers()
    {
        var (_, alice, _) = Pair.Joined();
        var effects = alice.Effects;
        var answer = effects.FindIndex(e =>
            e is NetworkEffect.SendFrame f && JoinResponse.TryDecode(f.Payload.Span, out var r, out _) && !r.IsRefusal);
        Assert.True(answer > 0);
        Assert.Contains(effects[..answer], e => e is MeshEffect.AppendDam);
        Assert.Contains(effects[..answer], e => e is MeshEffect.PutDocument { Key: var k } && k.StartsWith("peer/"));
        Assert.Equal(
            2, effects[..answer].Count(e => e is MeshEffect.PutDocument { Key: var k } && k.StartsWith("invite/")));
    }

    [Fact]
    public void TicketSecretIsNowhereInTheIssuersDocuments()
    {
        var (loop, alice, _) = Pair.Apart();
        Assert.True(Ticket.TryParse(Pair.Invite(loop, alice), out var ticket, out _));
        var secret = Convert.ToHexString(ticket.Secret.Span);
        Assert.DoesNotContain(alice.Documents, d =>
            Convert.ToHexString(d.Value).Contains(secret, StringComparison.Ordinal)
            || d.Key.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void TicketWorksForOnePeerOnly()
    {
        var (loop, alice, bob) = Pair.Apart();
        var carol = loop.Add("carol.personal", 3);
        var ticket = Pair.Invite(loop, alice);
        loop.Command<CommandResult.Joined>(bob, new MeshCommand.Join(ticket, null));
        var failed = loop.Command<CommandResult.Failed>(carol, new MeshCommand.Join(ticket, null));
        Assert.Equal(MeshError.Refused, failed.Code);
        Assert.Equal(bob.Peer, Assert.Single(alice.Core.Peers).Peer);
        Assert.Empty(carol.Core.Peers);
    }

    [Fact]
    public void RetryAfterALostAnswerSucceedsWithoutASecondManifest()
    {
        var (loop, alice, bob) = Pair.Apart();
        var ticket = Pair.Invite(loop, alice);
        loop.TamperFrame = (sender, frame) =>
            sender == alice && JoinResponse.TryDecode(frame.Span, out _, out _) ? MeshLoop.Dropped : frame;
        var lost = loop.Command<CommandResult.Failed>(
            bob, new MeshCommand.Join(ticket, null), TimeSpan.FromSeconds(31));
        Assert.Equal(MeshError.Unreachable, lost.Code);
        var versions = alice.Store.Dams.Count;
        loop.TamperFrame = (_, frame) => frame;
        loop.Command<CommandResult.Joined>(bob, new MeshCommand.Join(ticket, null));
        Assert.Equal(versions, alice.Store.Dams.Count);
        Assert.Single(bob.Core.Peers);
        Assert.Equal(FollowState.Current, alice.Core.FollowedDomains[0].State);
    }

    [Fact]
    public void ExpiredTicketIsRefusedOnBothSides()
    {
        var (loop, alice, bob) = Pair.Apart();
        var ticket = Pair.Invite(loop, alice, TimeSpan.FromMinutes(5));
        loop.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(
            MeshError.Refused, loop.Command<CommandResult.Failed>(bob, new MeshCommand.Join(ticket, null)).Code);
        Assert.True(Ticket.TryParse(ticket, out var read, out _));
        var forged = (read with { ExpiresUnixS = read.ExpiresUnixS + 10_000 }).ToString();
        Assert.Equal(
            MeshError.Refused, loop.Command<CommandResult.Failed>(bob, new MeshCommand.Join(forged, null)).Code);
        Assert.Empty(alice.Core.Peers);
    }

    [Fact]
    public void WrongSecretWrongMeshAndGarbageGetTheSameRefusal()
    {
        var (loop, alice, bob) = Pair.Apart();
        Assert.True(Ticket.TryParse(Pair.Invite(loop, alice), out var ticket, out _));
        loop.Connect(bob, alice);
        JoinRequest good = new(ticket.Mesh, ticket.Secret, [.. bob.Store.Dams], []);
        byte[][] requests =
        [
            (good with { Secret = new byte[16] }).Encode(),
            (good with { Mesh = Primitives.Ids.MeshId.From(new byte[16]) }).Encode(),
            (good with { DamChain = [.. alice.Store.Dams] }).Encode(),
            [1, 2, 3],
        ];
        foreach (var request in requests)
        {
            var raw = loop.OpenRaw(bob, alice, OmegaProtocols.Join);
            raw.Send(request);
            Assert.Equal(JoinResponse.Refused.Encode(), Assert.Single(raw.Frames));
        }
        Assert.Empty(alice.Core.Peers);
    }

    [Fact]
    public void IssuerThatIsAnotherDomainThanTheTicketSaysIsNotTrusted()
    {
        var (loop, alice, bob) = Pair.Apart();
        Assert.True(Ticket.TryParse(Pair.Invite(loop, alice), out var ticket, out _));
        var forged = ticket with { Domain = new FakeStore("other", 77).Domain };
        var failed = loop.Command<CommandResult.Failed>(bob, new MeshCommand.Join(forged.ToString(), null));
        Assert.Equal(MeshError.VerificationFailed, failed.Code);
        Assert.Empty(bob.Core.Peers);
    }

    [Fact]
    public void UnreachableIssuerFailsAfterItsLastAddress()
    {
        var (loop, alice, bob) = Pair.Apart();
        var ticket = Pair.Invite(loop, alice);
        alice.IsIsolated = true;
        var failed = loop.Command<CommandResult.Failed>(bob, new MeshCommand.Join(ticket, null));
        Assert.Equal(MeshError.Unreachable, failed.Code);
    }

    [Fact]
    public void RemovedPeerIsRefusedAndItsDocumentsAreGone()
    {
        var (loop, alice, bob) = Pair.Joined();
        loop.Command<CommandResult.Done>(alice, new MeshCommand.RemovePeer(bob.Peer));
        Assert.Empty(alice.Core.Peers);
        Assert.Empty(alice.Core.FollowedDomains);
        Assert.DoesNotContain(alice.Documents.Keys, k => k.StartsWith("dom/") || k.StartsWith("peer/"));
        alice.Store.Put([1, 2, 3]);
        alice.Store.TakeSnapshot();
        loop.Give(alice, new MeshInput.OwnHeadChanged());
        loop.Advance(TimeSpan.FromMinutes(3));
        Assert.Empty(bob.Core.Entries(alice.Domain));
    }
}
