using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega.Join;

namespace Omega.P2P.Federation.Invitations;

/// <summary>The guest's side: joins under way, each for one command.</summary>
internal sealed class JoinDesk(
    Outbox outbox, StreamTable streams, LinkTable links, TrustBook trust, OwnHeadGuard guard, Admission admission,
    InvitationDesk invitations, FederationLimits limits)
{
    private readonly SortedDictionary<long, JoinAttempt> _attempts = [];

    public void OnCommand(CommandId command, MeshCommand.Join join)
    {
        if (!Ticket.TryParse(join.Ticket, out var ticket, out var error))
        {
            Fail(command, MeshError.Usage, $"not a ticket: {error.Message}");
            return;
        }
        if (_attempts.Count >= limits.Commands)
        {
            Fail(command, MeshError.Busy, "too many joins under way");
            return;
        }
        if (Objection(ticket, join) is { } objection)
        {
            outbox.Complete(command, objection);
            return;
        }
        var attempt = new JoinAttempt(command, ticket, join.Petname, this);
        _attempts.Add(command.Value, attempt);
        attempt.Start();
    }

    public void OnLinkUp(Link link, DialId? dial)
    {
        foreach (var attempt in _attempts.Values.ToList())
            attempt.OnLinkUp(link, dial);
    }

    public void OnDialFailed(DialId dial, string reason)
    {
        foreach (var attempt in _attempts.Values.ToList())
            attempt.OnDialFailed(dial, reason);
    }

    public bool Cancel(CommandId command)
    {
        if (!_attempts.TryGetValue(command.Value, out var attempt))
            return false;
        attempt.End(new CommandResult.Failed(MeshError.Cancelled, "given up"));
        return true;
    }

    private CommandResult.Failed? Objection(Ticket ticket, MeshCommand.Join join)
    {
        if (guard.Objection is { } objection)
            return objection;
        if (ticket.Domain == trust.OwnDomain)
            return new CommandResult.Failed(MeshError.Usage, "this ticket is our own");
        if (ticket.ExpiresUnixS * 1000 <= outbox.Now.UnixMs)
            return new CommandResult.Failed(MeshError.Refused, "the ticket has expired", "ask for a new one");
        if (ticket.Scope != Ticket.PeerScope)
            return new CommandResult.Failed(MeshError.Usage, $"a ticket of scope '{ticket.Scope}' is not known here");
        return Admission.IsPetname(join.Petname)
            ? null
            : new CommandResult.Failed(MeshError.Usage, Admission.PetnameRule);
    }

    private void Fail(CommandId command, MeshError code, string message) =>
        outbox.Complete(command, new CommandResult.Failed(code, message));

    private sealed class JoinAttempt(CommandId command, Ticket ticket, string? petname, JoinDesk desk) : IStreamOwner
    {
        private readonly PeerId _issuer = ticket.Issuer.ToPeerId();
        private AddressRace? _race;
        private TimerId? _timer;
        private RequestId? _wish;
        private StreamId? _stream;
        private bool _isOver;

        public void Start()
        {
            _timer = desk.Outbox.After(desk.Limits.JoinTimeout, () => Fail(MeshError.Unreachable, "no answer in time"));
            if (desk.Links.To(_issuer) is { } link)
            {
                OnLinkUp(link, null);
                return;
            }
            _race = new AddressRace(desk.Outbox, desk.Limits, _issuer, OnLost);
            _race.Start(ticket.Addresses);
        }

        public void OnLinkUp(Link link, DialId? dial)
        {
            if (link.Peer != _issuer || _wish is not null || _stream is not null || _isOver)
                return;
            _race?.Stop(dial);
            _wish = desk.Outbox.OpenStream(
                link.Id, Protocol.Omega.OmegaProtocols.Join, s => OnReady(link, s),
                reason => Fail(MeshError.Unreachable, $"the issuer does not speak the join protocol: {reason}"));
        }

        public void OnDialFailed(DialId dial, string reason) => _race?.OnFailed(dial, reason);

        public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
        {
            if (!JoinResponse.TryDecode(payload.Span, out var response, out _))
                Fail(MeshError.VerificationFailed, "the issuer's answer is none");
            else if (response.IsRefusal)
                Fail(MeshError.Refused, "the issuer refused the ticket: used, expired or withdrawn");
            else
                Accept(response);
        }

        public void OnEnded(StreamId stream, bool reset) => Fail(MeshError.Unreachable, "the issuer hung up");

        public void OnBulk(StreamId stream, object outcome) => Fail(MeshError.Unreachable, "the issuer hung up");

        public void End(CommandResult result)
        {
            if (_isOver)
                return;
            _isOver = true;
            desk.Remove(command);
            if (_timer is { } timer)
                desk.Outbox.Forget(timer);
            _race?.Stop(winner: null);
            if (_wish is { } wish)
                desk.Outbox.ForgetWish(wish);
            if (_stream is { } stream && desk.Streams.Remove(stream))
                desk.Outbox.Close(stream);
            desk.Outbox.Complete(command, result);
        }

        private void OnLost()
        {
            var reasons = _race?.Failures.Select(f => $"{f.Address}: {f.Reason}") ?? [];
            Fail(MeshError.Unreachable, $"none of the ticket's addresses answers ({string.Join("; ", reasons)})");
        }

        private void OnReady(Link link, StreamId stream)
        {
            _wish = null;
            _stream = stream;
            desk.Streams.Add(stream, link.Id, this);
            var request = new JoinRequest(
                ticket.Mesh, ticket.Secret, Admission.Fitting(desk.Trust.Own.Signed), desk.Reachable);
            desk.Outbox.Send(stream, request.Encode());
        }

        private void Accept(JoinResponse response)
        {
            if (desk.Guard.Objection is { } objection)
            {
                End(objection);
                return;
            }
            if (!Manifests.TryVerify(response.DamChain, out var issuer) || issuer.Domain != ticket.Domain
                || !desk.Admit(_issuer, issuer, petname, ticket, response.Addresses))
            {
                Fail(MeshError.VerificationFailed, "the issuer's manifest is not the one of the ticket");
                return;
            }
            var name = desk.Trust.Find(_issuer)?.Petname ?? issuer.Latest.ProposedName;
            End(new CommandResult.Joined(_issuer, ticket.Domain, name));
        }

        private void Fail(MeshError code, string message) => End(new CommandResult.Failed(code, message));
    }

    private OwnHeadGuard Guard => guard;

    private Outbox Outbox => outbox;

    private StreamTable Streams => streams;

    private LinkTable Links => links;

    private TrustBook Trust => trust;

    private FederationLimits Limits => limits;

    private IReadOnlyList<string> Reachable =>
        [.. invitations.ListenAddresses.Take(Protocol.Omega.OmegaLimits.Addresses)];

    private void Remove(CommandId command) => _attempts.Remove(command.Value);

    private bool Admit(
        PeerId issuer, Manifests brought, string? petname, Ticket ticket, IReadOnlyList<string> reachedAt) =>
        admission.TryAdmit(issuer, brought, petname, ticket.Mesh, [.. reachedAt, .. ticket.Addresses]);
}
