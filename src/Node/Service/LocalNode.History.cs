using System.Diagnostics;
using System.Text;
using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Node.Service;

/// <summary>History, and who sees what.</summary>
internal sealed partial class LocalNode
{
    public IReadOnlyList<SnapshotAnswer> Snapshots(long? number, CancellationToken cancel)
    {
        if (number is not { } one) return [.. Store.Snapshots().Select(Shown)];
        return Store.TryGetSnapshot(one, out var snapshot) ? [Shown(snapshot)] : throw NoSnapshot(one);
    }

    public IReadOnlyList<ChangeAnswer> Compare(long from, long to, CancellationToken cancel) =>
        Refusing(() => (IReadOnlyList<ChangeAnswer>)[.. Store.Compare(from, to).Select(change => new ChangeAnswer(
            change.Kind.ToString().ToLowerInvariant(), change.Artifact.Content.ToString(),
            change.Artifact.Key.ToString(), change.Artifact.Type, change.Artifact.Size, change.Audience))]);

    public IReadOnlyList<LeafAnswer> Leaves(LeavesOrder order, CancellationToken cancel)
    {
        var epoch = order.Epoch ?? Store.History.CurrentEpoch;
        var known = Store.History.Epochs.Where(e => e.Epoch == epoch).ToList();
        if (known.Count == 0) throw OmegaException.NotFound($"there is no epoch {epoch}", "omega snapshot ls");
        var limit = Math.Clamp(order.Limit, 1, LeavesOrder.LimitMax);
        var from = Math.Clamp(order.From ?? known[0].Size - limit, 0, known[0].Size);
        Store.History.TryLeaves(epoch, from, Math.Min(known[0].Size, from + limit), out var commitments);
        return [.. (commitments ?? []).Select((c, i) => Shown(epoch, from + i, c.ToString()))];
    }

    public ProofAnswer Prove(string id, string? audience, CancellationToken cancel)
    {
        var own = Meant(id, includesRemoved: false).Where(info => info.Domain == Store.DomainId).ToList();
        if (own.Count == 0)
            throw OmegaException.NotFound($"{id} is no artifact of this domain", "its owner can prove it");
        var info = own.Find(i => i.Published.Count > 0) ?? own[0];
        var proof = Refusing(() => Store.Prove(info.Key, audience));
        return new ProofAnswer(
            info.Content.ToString(), info.Key.ToString(), Store.DomainId.ToString(), proof.Publication.Audience,
            Store.History.CurrentEpoch, proof.Index, proof.HasManifests, Encoding.UTF8.GetString(proof.Encode()));
    }

    public PublishAnswer Publish(IReadOnlyList<string> ids, string audience, CancellationToken cancel)
    {
        RequireAudience(audience);
        var meant = OwnOf(ids);
        var keys = meant.Select(info => info.Key).Distinct().ToList();
        var published = Ask<EngineResult.Published>(new EngineCommand.Publish(keys, audience), cancel);
        return new PublishAnswer(Cids(meant), [audience], HeadOf(published.Head));
    }

    public PublishAnswer Unpublish(IReadOnlyList<string> ids, string? audience, CancellationToken cancel)
    {
        var meant = OwnOf(ids);
        var ended = meant.SelectMany(info => info.Published)
            .Where(a => audience is null || a == audience).Distinct().Order(StringComparer.Ordinal).ToList();
        if (ended.Count == 0)
            throw OmegaException.NotFound(
                audience is null ? "it is published to nobody" : $"it is not published to {audience}", "omega ls");
        HeadRef? head = null;
        foreach (var one in ended)
        {
            var keys = meant.Where(info => info.Published.Contains(one)).Select(info => info.Key).Distinct().ToList();
            head = Ask<EngineResult.Published>(new EngineCommand.Unpublish(keys, one), cancel).Head;
        }

        return new PublishAnswer(Cids(meant), ended, HeadOf(head));
    }

    public IReadOnlyList<AudienceAnswer> Audiences(CancellationToken cancel) =>
        [.. Store.Audiences.Select(a => new AudienceAnswer(a.Key, Ids(a.Value)))];

    public AudienceAnswer AddAudience(string name, IReadOnlyList<string> peers, CancellationToken cancel)
    {
        RequireTag(name, "NAME");
        if (Audience.IsBuiltIn(name)) throw OmegaException.Usage($"{name} is there without saying so", "NAME");
        Store.Audiences.TryGetValue(name, out var known);
        var wanted = (known.IsDefault ? [] : known).Concat(KeysOfPeers(peers, cancel)).Distinct().ToList();
        if (wanted.Count == 0) throw OmegaException.Usage("an audience needs a member", "PEER", "omega peer ls");
        AskMesh<CommandResult.Done>(new MeshCommand.SetAudience(name, wanted), cancel);
        return RequireNamed(name);
    }

    public AudienceAnswer RemoveAudience(string name, IReadOnlyList<string> peers, CancellationToken cancel)
    {
        RequireNamed(name);
        var gone = KeysOfPeers(peers, cancel);
        IReadOnlyList<Ed25519PublicKey> left = peers.Count == 0 ? [] : [.. Store.Audiences[name].Except(gone)];
        AskMesh<CommandResult.Done>(new MeshCommand.SetAudience(name, left), cancel);
        return new AudienceAnswer(name, Ids(left));
    }

    private IReadOnlyList<ArtifactAnswer> ListAsOf(ListOrder order, long snapshot)
    {
        if (order.Domain is { } domain && domain != Store.DomainName && domain != Store.DomainId.ToString())
            throw OmegaException.Usage("only the own history can be read as of a snapshot", "--as-of");
        var filter = new ArtifactFilter
        {
            Brane = order.Brane,
            Kind = order.Kind,
            Domain = order.Domain is null ? null : Store.DomainId,
        };
        var names = DomainNames();
        return [.. Refusing(() => Store.ListAsOf(snapshot, filter)).Select(info => Shown(info, names))];
    }

    /// <summary>An artifact that a past snapshot lists: as any other where it is live yet, else from what is left of
    /// its bytes.</summary>
    private GetAnswer GetAsOf(GetOrder order, long snapshot, Func<GetAnswer, Stream> target, CancellationToken cancel)
    {
        var filter = new ArtifactFilter { Prefix = ParseId(order.Id) };
        var found = Refusing(() => Store.ListAsOf(snapshot, filter));
        if (found.Count == 0)
            throw OmegaException.NotFound($"snapshot {snapshot} lists no {order.Id}", $"omega ls --as-of {snapshot}");
        if (found.Select(info => info.Content).Distinct().Count() > 1)
            throw new OmegaException(ExitCode.Usage, "ambiguous", $"{order.Id} may mean {found.Count} artifacts")
            {
                Field = "id",
                Hint = "type more digits",
                Candidates = [.. found.Select(info => $"{info.Content} {info.Type} {info.Brane}")],
            };
        var info = found.FirstOrDefault(i => i.RemovedUnixMs is null) ?? found[0];
        if (info.RemovedUnixMs is null)
            return Get(new GetOrder(info.Key.ToString(), info.Domain.ToString()), target, cancel);
        if (info.State != ArtifactState.Local || info.Domain != Store.DomainId)
            throw new OmegaException(ExitCode.NotAvailable, "not_available",
                $"{info.Content} was removed after snapshot {snapshot}, and its bytes are gone");
        if (!SignedArtifact.TryDecode(info.Entry, out var entry, out _)
            || !DamChain.TryVerify([.. Store.DamChain.Select(d => (ReadOnlyMemory<byte>)d)], out var chain, out _)
            || entry.Verify(chain) is not { Verdict: ArtifactVerdict.Verified } verified)
            throw new OmegaException(ExitCode.VerificationFailed, "bad_signature",
                $"no signature on {info.Content} holds for a key of {Store.DomainName}");
        var answer = new GetAnswer(info.Content.ToString(), info.Key.ToString(), Store.DomainName, info.Size,
            0, 0, 0, 0, [.. verified.Signatures.Select(Shown)])
        { Tenant = info.Tenant };
        var stream = target(answer);
        if (stream != Stream.Null) WriteContent(info.Content, _ => { }, stream, cancel);
        return answer;
    }

    private LeafAnswer Shown(long epoch, long index, string commitment)
    {
        if (!Store.History.TryBody(epoch, index, out _, out var body)
            || !PublicRecord.TryDecode(body.Span, out var record, out _))
            return new LeafAnswer(epoch, index, commitment, "erased", null, null);
        var (kind, subject) = record switch
        {
            PublicRecord.Publish publish => ("publish", publish.Key.ToString()),
            PublicRecord.Unpublish unpublish => ("unpublish", unpublish.Key.ToString()),
            PublicRecord.Dam dam => ("dam", $"version {dam.Version}"),
            PublicRecord.Epoch opened => ("epoch", $"epoch {opened.Number}"),
            PublicRecord.Snapshot snapshot => ("snapshot", $"snapshot {snapshot.Number}"),
            _ => throw new UnreachableException(),
        };
        return new LeafAnswer(epoch, index, commitment, kind, subject, record.Reader);
    }

    private static SnapshotAnswer Shown(SnapshotInfo snapshot) => new(
        snapshot.Number, snapshot.Epoch, snapshot.Size, snapshot.Root.ToString(), Figures.Time(snapshot.TimeUnixMs),
        snapshot.Current.ToString(), snapshot.DamHash.ToString(),
        [.. snapshot.Published.Select(p => new PublishedRoot(p.Audience, p.Root.ToString()))]);

    private static ArtifactAnswer Shown(ArtifactInfo info, IReadOnlyDictionary<DomainId, string> names) => new(
        info.Content.ToString(), info.Content.ToCid().ToString(), info.Key.ToString(),
        names.GetValueOrDefault(info.Domain) ?? info.Domain.ToString(), info.Domain.ToString(), info.Type, info.Brane,
        info.Size, info.CreatedUnixMs, info.Published.Count > 0 ? string.Join(',', info.Published) : info.Audience,
        info.State.ToString().ToLowerInvariant())
    {
        RemovedUnixMs = info.RemovedUnixMs,
    };

    private Dictionary<DomainId, string> DomainNames()
    {
        var names = Status().Followed.ToDictionary(f => f.Domain, f => f.Petname ?? f.ProposedName);
        names[Store.DomainId] = Store.DomainName;
        return names;
    }

    private List<ArtifactInfo> OwnOf(IReadOnlyList<string> ids)
    {
        var meant = new List<ArtifactInfo>();
        foreach (var id in ids)
        {
            var own = Meant(id, includesRemoved: false).Where(info => info.Domain == Store.DomainId).ToList();
            if (own.Count == 0)
                throw OmegaException.NotFound($"{id} is no artifact of this domain", "only its owner publishes it");
            meant.AddRange(own);
        }

        return meant;
    }

    private static IReadOnlyList<string> Cids(IEnumerable<ArtifactInfo> meant) =>
        [.. meant.Select(info => info.Content.ToString()).Distinct()];

    /// <summary>What is published to an audience that nobody named would be seen by nobody.</summary>
    private void RequireAudience(string audience)
    {
        if (audience == Audience.Internal)
            throw OmegaException.Usage("internal is what nobody else sees", "--audience", "leave the option away");
        if (!Audience.IsBuiltIn(audience) && !Store.Audiences.ContainsKey(audience))
            throw new OmegaException(ExitCode.NotFound, "not_found", $"there is no audience {audience}")
            {
                Field = "--audience",
                Hint = $"omega audience add {audience} PEER",
            };
    }

    private AudienceAnswer RequireNamed(string name) => Store.Audiences.TryGetValue(name, out var members)
        ? new AudienceAnswer(name, Ids(members))
        : throw OmegaException.NotFound($"there is no audience {name}", "omega audience add NAME PEER");

    private List<Ed25519PublicKey> KeysOfPeers(IReadOnlyList<string> peers, CancellationToken cancel)
    {
        var known = PeersNow(cancel);
        return
        [
            .. peers.Select(peer =>
            {
                var named = known.Where(p => p.Petname == peer || p.Peer.ToString() == peer).ToList();
                return named.Count == 1
                    ? named[0].Key
                    : throw OmegaException.NotFound($"no peer is known as {peer}", "omega peer ls");
            }),
        ];
    }

    private static IReadOnlyList<string> Ids(IEnumerable<Ed25519PublicKey> members) =>
        [.. members.Select(m => m.ToPeerId().ToString()).Order(StringComparer.Ordinal)];

    private static OmegaException NoSnapshot(long number) =>
        OmegaException.NotFound($"there is no snapshot {number}", "omega snapshot ls");

    private static T Refusing<T>(Func<T> ask)
    {
        try
        {
            return ask();
        }
        catch (StoreRefusedException refused)
        {
            throw OmegaException.NotFound(refused.Message,
                refused.Code == "unknown-snapshot" ? "omega snapshot ls" : "omega publish ID --audience NAME");
        }
    }
}
