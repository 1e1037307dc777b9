using System.Diagnostics;
using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Node.Service;

/// <summary>Peers, history and how the node stands.</summary>
internal sealed partial class LocalNode
{
    public StatusAnswer Status(CancellationToken cancel)
    {
        var status = Status();
        var stats = Store.Stats;
        return new StatusAnswer(
            status.Peer.ToString(), status.DomainName, status.Domain.ToString(), StateOf(status), HeadOf(status.Head),
            status.Current.ToString(), status.Peers, status.PeersConnected, status.Artifacts, stats.BlockBytes,
            stats.LogBytes, _isDaemon, Listen, status.Branes, [.. status.Followed.Select(Shown)]);
    }

    public VerifyAnswer Verify(bool deep, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var stats = Store.Stats;
        long bytes = 0;
        var findings = Store.Verify(deep ? VerifyDepth.Bytes : VerifyDepth.Structure, progress =>
        {
            cancel.ThrowIfCancellationRequested();
            bytes = progress.Done;
        }).Select(Shown).ToList();
        return new VerifyAnswer(stats.Blocks, deep ? bytes : 0, stats.LogRecords, clock.Elapsed.TotalSeconds, findings);
    }

    public InviteAnswer Invite(TimeSpan lifetime, string? petname, CancellationToken cancel)
    {
        var invited = AskMesh<CommandResult.Invited>(new MeshCommand.Invite(lifetime, petname), cancel);
        return new InviteAnswer(invited.Ticket, Figures.Time(invited.ExpiresUnixMs));
    }

    public JoinAnswer Join(string ticket, string? petname, CancellationToken cancel)
    {
        var joined = AskMesh<CommandResult.Joined>(new MeshCommand.Join(ticket, petname), cancel);
        return new JoinAnswer(joined.Peer.ToString(), joined.Domain.ToString(), joined.Name);
    }

    public IReadOnlyList<PeerAnswer> Peers(CancellationToken cancel) =>
        [.. PeersNow(cancel).Select(p => new PeerAnswer(
            p.Peer.ToString(), p.Petname, p.Domain.ToString(), p.IsConnected,
            p.Standing == PeerStanding.Good ? "good" : "demoted", p.LastFault?.ToString(), p.Addresses)
        {
            Dial = p.Dialing is { } dial ? Shown(dial) : null,
        })];

    public DoneAnswer RemovePeer(string peer, CancellationToken cancel)
    {
        var named = PeersNow(cancel).Where(p => p.Petname == peer || p.Peer.ToString() == peer).ToList();
        if (named.Count != 1)
            throw OmegaException.NotFound($"no peer is known as {peer}", "omega peer ls");
        AskMesh<CommandResult.Done>(new MeshCommand.RemovePeer(named[0].Peer), cancel);
        return new DoneAnswer();
    }

    public EpochAnswer OpenEpoch(CancellationToken cancel) =>
        new(AskMesh<CommandResult.EpochOpened>(new MeshCommand.OpenEpoch(), cancel).Epoch);

    private NodeStatus Status() => Ask<EngineResult.Status>(new EngineCommand.Status(), CancellationToken.None).Value;

    private IReadOnlyList<PeerView> PeersNow(CancellationToken cancel) =>
        Ask<EngineResult.Peers>(new EngineCommand.Peers(), cancel).Items;

    private T AskMesh<T>(MeshCommand command, CancellationToken cancel)
        where T : CommandResult => Ask<EngineResult.Mesh>(new EngineCommand.Mesh(command), cancel).Result as T
            ?? throw new UnreachableException($"{command.GetType().Name} was not answered by {typeof(T).Name}");

    private string StateOf(NodeStatus status)
    {
        if (status.HeadState == OwnHeadState.RolledBack) return "rolled-back";
        if (Store.ReadOnlyReason is { } reason) return $"read-only: {reason}";
        return status.HeadState == OwnHeadState.Unconfirmed ? "unconfirmed" : "ok";
    }

    private FindingAnswer Shown(VerifyFinding finding) =>
        new(finding.Code, finding.Block?.ToString() ?? "", finding.Message, [.. finding.Artifacts.Select(NameOf)]);

    private string NameOf(ArtifactKey key) =>
        Store.Resolve(new ParsedId(IdKind.Key, key.Hash.ToString()), 1, includesRemoved: true) is [var info, ..]
            ? info.Content.ToString()
            : key.ToString();

    private static HeadAnswer? HeadOf(HeadRef? head) =>
        head is null ? null : new HeadAnswer(head.Epoch, head.Size, head.Root.ToString());

    private static FollowedAnswer Shown(FollowedDomain domain) => new(
        domain.Domain.ToString(), domain.Petname ?? domain.ProposedName, domain.Owner.ToString(),
        domain.State.ToString().ToLowerInvariant(), domain.Entries, HeadOf(domain.Head));

    private static DialAnswer Shown(DialView dial) => new(
        dial.NextIn is null ? "dialling" : "waiting", dial.Open, (long?)dial.NextIn?.TotalMilliseconds, dial.Rounds,
        [.. dial.Failures.Select(f => new DialFailureAnswer(f.Address, f.Reason))]);

    private static SignatureAnswer Shown(VerifiedSignature signature) => new(
        signature.Key.ToDid(), signature.Key.ToShort(),
        $"{(signature.Role == SignerRole.Brane ? "brane" : "substrate")}.{signature.Name}");

    private static ArtifactAnswer Shown(ArtifactRow row) => new(
        row.Content.ToString(), row.Content.ToCid().ToString(), row.Key.ToString(), row.DomainName,
        row.Domain.ToString(), row.Kind, row.Brane, row.Size, row.CreatedUnixMs, row.Visibility,
        row.Availability switch
        {
            Availability.Local => "local",
            Availability.Partial => "partial",
            Availability.Evicted => "evicted",
            _ => throw new UnreachableException(),
        })
    {
        RemovedUnixMs = row.RemovedUnixMs,
    };
}
