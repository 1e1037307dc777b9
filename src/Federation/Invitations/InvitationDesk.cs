using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Serving;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Join;

namespace Omega.P2P.Federation.Invitations;

/// <summary>
/// The issuer's side: makes tickets and redeems them. The new manifest, the redeemed invitation and the peer are
/// durable before the answer leaves, and a retry by the same key gets the same answer.
/// </summary>
internal sealed class InvitationDesk(
    Outbox outbox, FederationOptions options, TrustBook trust, OwnHeadGuard guard, InvitationBook book,
    Admission admission)
    : IRequestServer
{
    public IReadOnlyList<string> ListenAddresses { get; set; } = options.ListenAddresses;

    public void OnCommand(CommandId command, MeshCommand.Invite invite)
    {
        if (Objection(invite) is { } objection)
        {
            outbox.Complete(command, objection);
            return;
        }
        if (trust.Own.Latest.Meshes.Count == 0)
            trust.JoinMesh(MeshId.From(outbox.RandomBytes(MeshId.Length)));
        var secret = outbox.RandomBytes(Ticket.SecretBytes);
        var expiresS = (outbox.Now.UnixMs + (long)invite.Lifetime.TotalMilliseconds) / 1000;
        if (!book.TryAdd(Ticket.HashSecret(secret), new Invitation(expiresS * 1000, invite.Petname, null)))
        {
            outbox.Complete(command, new CommandResult.Failed(MeshError.Busy, "too many open invitations"));
            return;
        }
        var ticket = new Ticket(
            options.NodeSigner.PublicKey, trust.OwnDomain, trust.Own.Latest.Meshes[0], secret, Ticket.PeerScope,
            expiresS, null, [.. ListenAddresses.Take(OmegaLimits.Addresses)]);
        outbox.Complete(command, new CommandResult.Invited(ticket.ToString(), expiresS * 1000));
    }

    public void Serve(InboundStream stream, ReadOnlyMemory<byte> payload)
    {
        var answer = TryRedeem(stream.Peer, payload) ? Accepted() : JoinResponse.Refused;
        stream.RespondAndClose(answer.Encode());
    }

    private CommandResult.Failed? Objection(MeshCommand.Invite invite)
    {
        if (guard.Objection is { } objection)
            return objection;
        if (invite.Lifetime <= TimeSpan.Zero || invite.Lifetime > TimeSpan.FromDays(366))
            return new CommandResult.Failed(MeshError.Usage, "an invitation lives up to a year");
        return Admission.IsPetname(invite.Petname)
            ? null
            : new CommandResult.Failed(MeshError.Usage, Admission.PetnameRule);
    }

    private bool TryRedeem(PeerId peer, ReadOnlyMemory<byte> payload)
    {
        if (!JoinRequest.TryDecode(payload.Span, out var request, out _)
            || !trust.Own.Latest.Meshes.Contains(request.Mesh))
            return false;
        var secretHash = Ticket.HashSecret(request.Secret.Span);
        if (book.FindFor(secretHash, peer) is not { } invitation
            || !Manifests.TryVerify(request.DamChain, out var guest)
            || guard.Objection is not null)
            return false;
        if (!admission.TryAdmit(peer, guest, invitation.Petname, request.Mesh, request.Addresses))
            return false;
        if (invitation.RedeemedBy is null)
            book.Redeem(secretHash, peer);
        return true;
    }

    private JoinResponse Accepted() =>
        new(Admission.Fitting(trust.Own.Signed), [.. ListenAddresses.Take(OmegaLimits.Addresses)]);
}
