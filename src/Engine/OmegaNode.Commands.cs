using System.Diagnostics;
using Omega.P2P.Engine.Finding;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Engine;

/// <summary>The owner's commands: some end at once, some wait for the mesh.</summary>
public sealed partial class OmegaNode
{
    private readonly Dictionary<CommandId, Pending> _pending = [];
    private long _lastInternal;

    private ArtifactFinder Finder => new(Store, _mesh);

    private List<MeshEffect> Start(CommandId id, EngineCommand command, Instant now, ICollection<EngineEffect> effects)
    {
        var more = new List<MeshEffect>();
        EngineResult? result;
        try
        {
            result = Begin(id, command, now, more);
        }
        catch (StoreReadOnlyException failure)
        {
            result = ReadOnlyRefusal(failure.Message);
        }
        catch (StoreRefusedException failure)
        {
            result = new EngineResult.Failed(MeshError.Refused, failure.Message, Reason: failure.Code);
        }
        catch (DiskFullException failure)
        {
            result = new EngineResult.Failed(MeshError.NoRoom, failure.Message);
        }
        catch (IOException failure)
        {
            result = new EngineResult.Failed(MeshError.StoreFailed, failure.Message);
        }

        if (result is not null) effects.Add(new EngineEffect.CommandCompleted(id, result));
        return more;
    }

    /// <summary>The result, or null when the mesh has to be heard first.</summary>
    private EngineResult? Begin(CommandId id, EngineCommand command, Instant now, List<MeshEffect> more)
    {
        switch (command)
        {
            case EngineCommand.Mesh mesh:
                return Ask(new Pending.Plain(id), mesh.Command, now, more);
            case EngineCommand.Publish publish:
                foreach (var key in publish.Keys) Store.Publish(key, publish.Audience, now);
                return new EngineResult.Published(Seal(now, more));
            case EngineCommand.Unpublish unpublish:
                foreach (var key in unpublish.Keys) Store.Unpublish(key, unpublish.Audience, now);
                return new EngineResult.Published(Seal(now, more));
            case EngineCommand.Get get:
                return Get(id, get, now, more);
            case EngineCommand.Evict evict:
                return Evict(id, evict, now, more);
            case EngineCommand.Remove remove:
                return Remove(remove, now, more);
            case EngineCommand.List list:
                return List(list);
            case EngineCommand.Status:
                return new EngineResult.Status(StatusNow());
            case EngineCommand.Peers:
                return new EngineResult.Peers([.. _mesh.Peers.OrderBy(p => p.Petname, StringComparer.Ordinal)]);
            default:
                throw new UnreachableException();
        }
    }

    private EngineResult? Ask(Pending pending, MeshCommand command, Instant now, List<MeshEffect> more)
    {
        var asked = new CommandId(--_lastInternal); // below zero: never a driver's number
        _pending.Add(asked, pending);
        _mesh.Handle(new MeshInput.CommandIssued(asked, command), now, more);
        return null;
    }

    private EngineResult? Get(CommandId id, EngineCommand.Get get, Instant now, List<MeshEffect> more)
    {
        if (!TryOneDomain(get.Domain, out var domain, out var refusal)) return refusal;
        var found = Finder.Find(get.Id, domain);
        if (found.Count == 0) return NotFound(get.Id, get.Domain);
        if (found.Select(f => f.Row.Content).Distinct().Count() > 1) return Ambiguous(get.Id, found);
        // The same bytes under several meanings: what is here costs nothing, so it goes first.
        var chosen = found.OrderBy(f => f.Row.Availability).ThenBy(f => f.IsKnownToStore ? 0 : 1).First();
        if (chosen.Row.Availability == Availability.Local) return Ready(chosen, null);
        MeshCommand command = chosen.IsKnownToStore
            ? new MeshCommand.Rehydrate(chosen.Row.Key)
            : new MeshCommand.Fetch(chosen.Row.Domain, chosen.Row.Key);
        return Ask(new Pending.Getting(id, chosen), command, now, more);
    }

    private EngineResult? Evict(CommandId id, EngineCommand.Evict evict, Instant now, List<MeshEffect> more)
    {
        var keys = new List<ArtifactKey>();
        foreach (var wanted in evict.Ids)
        {
            var found = Store.Resolve(wanted, 20);
            if (found.Count == 0) return NotFound(wanted, null);
            if (found.Select(f => f.Content).Distinct().Count() > 1)
                return Ambiguous(wanted, [.. found.Select(f => Finder.Find(Exactly(f.Key), f.Domain)[0])]);
            keys.AddRange(found.Where(f => f.State != ArtifactState.Evicted).Select(f => f.Key));
        }

        if (keys.Count == 0)
            return new EngineResult.Failed(MeshError.NotAvailable, "the bytes are gone from this disk already");
        var plan = Store.PlanEviction([.. keys.Distinct()]);
        var contents = plan.Contents.Select(c => new HeldContent(c.Content, c.Size)).ToList();
        var prove = new MeshCommand.ProveHolders(contents, _options.EvictHolders);
        return Ask(new Pending.Evicting(id, plan), prove, now, more);
    }

    private EngineResult.Removed Remove(EngineCommand.Remove remove, Instant now, List<MeshEffect> more)
    {
        var withdrawn = Store.Remove(remove.Keys, remove.Reason, now);
        // Also what retention unpublished beside the loop waits for a head.
        if (withdrawn > 0 || (remove.Keys.Count == 0 && Store.History.NeedsSnapshot)) Seal(now, more);
        return new EngineResult.Removed(withdrawn);
    }

    private EngineResult List(EngineCommand.List list)
    {
        if (!TryOneDomain(list.Domain, out var domain, out var refusal)) return refusal;
        var finder = Finder;
        if (domain is { } other && other != Store.DomainId)
        {
            return new EngineResult.Listing(
            [
                .. finder.ListShown(other).Select(f => f.Row)
                    .Where(r => list.Brane is null || r.Brane == list.Brane)
                    .Where(r => list.Kind is null || r.Kind == list.Kind)
                    .OrderBy(r => r.CreatedUnixMs).ThenBy(r => r.Key),
            ]);
        }

        // The store may be walked from anywhere; the mesh, which knows names, may not.
        var names = finder.Names();
        var filter = new ArtifactFilter
        {
            Domain = domain,
            Brane = list.Brane,
            Kind = list.Kind,
            IncludesRemoved = list.IncludesRemoved,
        };
        return new EngineResult.Listing(Store.List(filter, list.Catalog).Select(info => ArtifactFinder.RowOf(
            info, names.GetValueOrDefault(info.Domain) ?? info.Domain.ToString())));
    }

    private void Complete(MeshEffect.CommandCompleted completed, Instant now, Queue<MeshEffect> waiting,
        List<EngineEffect> outward)
    {
        if (!_pending.Remove(completed.Id, out var pending))
            throw new InvalidOperationException("The mesh completed a command that nobody issued.");
        EngineResult result;
        try
        {
            if (TryGoOn(pending, completed.Result, now, waiting)) return;
            result = Finish(pending, completed.Result, now);
        }
        catch (StoreReadOnlyException failure)
        {
            result = ReadOnlyRefusal(failure.Message);
        }
        catch (StoreRefusedException failure)
        {
            result = new EngineResult.Failed(MeshError.Refused, failure.Message);
        }
        catch (DiskFullException failure)
        {
            result = new EngineResult.Failed(MeshError.NoRoom, failure.Message);
        }
        catch (IOException failure)
        {
            result = new EngineResult.Failed(MeshError.StoreFailed, failure.Message);
        }

        outward.Add(new EngineEffect.CommandCompleted(pending.Id, result));
    }

    /// <summary>A package is two journeys: its manifest, then the files that it names.</summary>
    private bool TryGoOn(Pending pending, CommandResult result, Instant now, Queue<MeshEffect> waiting)
    {
        if (pending is not Pending.Getting { Manifest: null } getting || result is not CommandResult.Fetched fetched
            || !Store.LacksFiles(getting.Wanted.Row.Key))
            return false;
        var more = new List<MeshEffect>();
        Ask(getting with { Manifest = fetched.Figures }, new MeshCommand.Rehydrate(getting.Wanted.Row.Key), now, more);
        foreach (var effect in more) waiting.Enqueue(effect);
        return true;
    }

    private EngineResult Finish(Pending pending, CommandResult result, Instant now) => (pending, result) switch
    {
        (_, CommandResult.Failed failed) => new EngineResult.Failed(failed.Code, failed.Message, failed.Hint),
        (Pending.Plain, _) => new EngineResult.Mesh(result),
        (Pending.Getting getting, CommandResult.Fetched fetched) => Ready(
            Finder.Find(Exactly(getting.Wanted.Row.Key), getting.Wanted.Row.Domain)[0],
            Sum(getting.Manifest, fetched.Figures)),
        (Pending.Evicting evicting, CommandResult.HoldersProven proven) => EvictProven(evicting.Plan, proven, now),
        _ => throw new UnreachableException(),
    };

    private EngineResult EvictProven(EvictionPlan plan, CommandResult.HoldersProven proven, Instant now)
    {
        var lacking = proven.Contents.Where(c => c.Holders.Count < _options.EvictHolders).ToList();
        if (lacking.Count > 0)
        {
            return new EngineResult.Failed(
                MeshError.Refused,
                $"{lacking.Count} of {proven.Contents.Count} contents have fewer than {_options.EvictHolders} proven "
                    + $"holders, the first is {lacking[0].Content}",
                "let a peer fetch it first (omega get on that peer), or bring a holder online",
                Candidates: [.. lacking.Take(20).Select(c => c.Content.ToString())]);
        }

        var evicted = Store.Evict(plan, now);
        var finder = Finder;
        var rows = plan.Keys.Select(key => Store.TryGet(key, out var info) ? finder.RowOf(info!) : null)
            .OfType<ArtifactRow>().ToList();
        return new EngineResult.Evicted(rows, evicted.FreedBytes, evicted.Blocks.Count);
    }

    private static TransferFigures Sum(TransferFigures? first, TransferFigures then) => first is null
        ? then
        : new TransferFigures(
            first.Bytes + then.Bytes, first.BytesWire + then.BytesWire, first.Requests + then.Requests,
            first.BytesRefetched + then.BytesRefetched, [.. first.Peers.Union(then.Peers)])
        {
            Holders =
            [
                .. then.Holders.Select(holder => holder with
                {
                    Bytes = holder.Bytes + first.Holders.Where(f => f.Peer == holder.Peer).Sum(f => f.Bytes),
                }),
                .. first.Holders.ExceptBy(then.Holders.Select(h => h.Peer), h => h.Peer),
            ],
        };

    private EngineResult.Ready Ready(FoundArtifact found, TransferFigures? figures) =>
        new(found.Row, found.Entry, SignaturesOf(found.Row.Domain, found.Entry), figures);

    private IReadOnlyList<VerifiedSignature> SignaturesOf(DomainId domain, SignedArtifact entry) =>
        AuthorityOf(domain) is { } authority ? entry.Verify(authority).Signatures : [];

    private DamChain? AuthorityOf(DomainId domain)
    {
        var manifests = domain == Store.DomainId
            ? [.. Store.DamChain.Select(dam => (ReadOnlyMemory<byte>)dam)]
            : _mesh.ManifestsOf(domain);
        return DamChain.TryVerify(manifests, out var chain, out _) ? chain : null;
    }

    private NodeStatus StatusNow()
    {
        var head = Store.History.Head;
        var peers = _mesh.Peers;
        return new NodeStatus(
            Primitives.Keys.PeerId.From(_options.NodeSigner.PublicKey),
            Store.DomainName,
            Store.DomainId,
            _mesh.HeadState,
            head is null ? null : new HeadRef(head.Epoch, head.Size, head.Root),
            Store.Current,
            Store.Stats.Artifacts,
            peers.Count,
            peers.Count(p => p.IsConnected),
            _mesh.FollowedDomains,
            AuthorityOf(Store.DomainId) is { } own ? [.. own.Current.Branes.Keys] : []);
    }

    private bool TryOneDomain(string? text, out DomainId? domain, out EngineResult refusal)
    {
        (domain, refusal) = (null, null!); // the refusal is read only after false
        if (text is null) return true;
        var meant = Finder.Domains(text);
        if (meant.Count == 1)
        {
            domain = meant[0];
            return true;
        }

        refusal = meant.Count == 0
            ? new EngineResult.Failed(
                MeshError.NotFound, $"no domain is known as {text}", "omega status lists them", "domain")
            : new EngineResult.Failed(MeshError.Usage, $"{text} may mean {meant.Count} domains",
                "name it by its id", "domain", [.. meant.Select(m => m.ToString())]);
        return false;
    }

    private static ParsedId Exactly(ArtifactKey key) => new(IdKind.Key, key.Hash.ToString());

    private static EngineResult.Failed NotFound(ParsedId id, string? domain) => new(
        MeshError.NotFound, $"{id} is not known here" + (domain is null ? "" : $" in {domain}"),
        "omega ls lists what is", "id");

    private static EngineResult.Failed Ambiguous(ParsedId id, IReadOnlyList<FoundArtifact> found) => new(
        MeshError.Usage, $"{id} may mean {found.Count} artifacts", "type more digits", "id",
        [.. found.Select(f => $"{f.Row.Content} {f.Row.Kind} {f.Row.DomainName}")]);

    private EngineResult.Failed ReadOnlyRefusal(string reason) => new(
        MeshError.ReadOnly, reason, Store.IsDamaged
            ? "omega verify says what is damaged"
            : "omega domain epoch --yes opens a new epoch after the last witnessed head");

    private abstract record Pending(CommandId Id)
    {
        public sealed record Plain(CommandId Id) : Pending(Id);

        /// <param name="Id">The driver's number.</param>
        /// <param name="Wanted">What is brought here.</param>
        /// <param name="Manifest">What a package's manifest cost, once its files are on their way.</param>
        public sealed record Getting(CommandId Id, FoundArtifact Wanted, TransferFigures? Manifest = null)
            : Pending(Id);

        public sealed record Evicting(CommandId Id, EvictionPlan Plan) : Pending(Id);
    }
}
