using System.Diagnostics;
using Omega.P2P.Engine.Desk;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Engine;

/// <summary>
/// One whole node: Federation and Storage joined, without socket, thread or clock. One caller at a time for
/// <see cref="Handle"/>; <see cref="Store"/> may be used beside it, from any thread, for streaming puts and reads.
/// Order is durability: documents, manifests and epochs that an input caused are on disk before any effect of that
/// input is handed out.
/// </summary>
public sealed partial class OmegaNode : IDisposable
{
    private readonly EngineOptions _options;
    private readonly DocumentStore _documents;
    private readonly StoreDesk _desk;
    private readonly FederationCore _mesh;
    private string? _readOnlyTold;

    private OmegaNode(EngineOptions options, DomainStore store, RecoveryReport report, DocumentStore documents,
        Instant now, ICollection<EngineEffect> effects)
    {
        _options = options;
        Store = store;
        Recovery = report;
        _documents = documents;
        _desk = new StoreDesk(store);
        var first = new List<MeshEffect>();
        _mesh = new FederationCore(
            new FederationOptions
            {
                NodeSigner = options.NodeSigner,
                HeadSigner = options.HeadSigner,
                DamChain = [.. store.DamChain.Select(dam => (ReadOnlyMemory<byte>)dam)],
                Documents = [.. documents.Scan("").Select(d => new StoredDocument(d.Key, d.Value))],
                Random = options.Random,
                ListenAddresses = options.ListenAddresses,
                Limits = options.FederationLimits,
            },
            now,
            first);
        Carry(first, now, effects);
    }

    /// <summary>The domain's store; thread-safe.</summary>
    public DomainStore Store { get; }

    /// <summary>What is known of the mesh; look only, and only from the loop's thread.</summary>
    public FederationCore Mesh => _mesh;

    /// <summary>What opening the store found.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Opens a node over an existing domain; recovery is done when this returns.</summary>
    /// <exception cref="LockedException">Another process has the store.</exception>
    /// <exception cref="NoStoreException">There is no domain; <see cref="DomainStore.Create"/> makes one.</exception>
    public static OmegaNode Open(EngineOptions options, Instant now, ICollection<EngineEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(effects);
        var store = DomainStore.Open(
            options.StoreFiles,
            new StoreOptions
            {
                DomainName = options.DomainName,
                Random = options.Random,
                Scheduler = options.Scheduler,
                Limits = options.StoreLimits,
            },
            new StoreKeys(options.NodeSigner, options.HeadSigner),
            now,
            out var report);
        try
        {
            // A power loss may lie between an epoch's opening and its first head.
            if (!store.ReadOnly && store.History is { CurrentEpoch: > 0, Head: null }) store.TakeSnapshot(now);
            var documents = DocumentStore.Open(options.MeshFiles, "documents");
            return new OmegaNode(options, store, report, documents, now, effects);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>The one entry: takes an input and appends, in order, what the driver has to do.</summary>
    public void Handle(EngineInput input, Instant now, ICollection<EngineEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(effects);
        TellStanding(now, effects);
        switch (input)
        {
            case EngineInput.Network network:
                Tell(network.Input, now, effects);
                break;
            case EngineInput.CommandIssued { Command: EngineCommand.Transfers } looked:
                effects.Add(new EngineEffect.CommandCompleted(looked.Id, TransfersNow()));
                break;
            case EngineInput.CommandIssued issued:
                Carry(Start(issued.Id, issued.Command, now, effects), now, effects);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Closes the store; nothing may be handled afterwards.</summary>
    public void Dispose()
    {
        _desk.Dispose();
        _documents.Dispose();
        Store.Dispose();
    }

    /// <summary>The mesh must not decide what a store that takes no writes could not keep.</summary>
    private void TellStanding(Instant now, ICollection<EngineEffect> effects)
    {
        var reason = Store.ReadOnlyReason;
        if (reason == _readOnlyTold) return;
        _readOnlyTold = reason;
        Tell(new MeshInput.StoreReadOnly(reason, EpochHeals: !Store.IsDamaged), now, effects);
    }

    private void Tell(MeshInput input, Instant now, ICollection<EngineEffect> effects)
    {
        var mesh = new List<MeshEffect>();
        _mesh.Handle(input, now, mesh);
        Carry(mesh, now, effects);
    }

    /// <summary>
    /// Carries out the mesh's effects in order: the store answers at once, which may cause more. What the driver
    /// gets is held back until everything durable is durable.
    /// </summary>
    private void Carry(List<MeshEffect> first, Instant now, ICollection<EngineEffect> effects)
    {
        var waiting = new Queue<MeshEffect>(first);
        var outward = new List<EngineEffect>();
        var dirty = false;
        while (waiting.TryDequeue(out var effect))
        {
            switch (effect)
            {
                case NetworkEffect network:
                    outward.Add(new EngineEffect.Network(network));
                    break;
                case MeshEffect.PutDocument put:
                    _documents.Put(put.Key, put.Value.Span);
                    dirty = true;
                    break;
                case MeshEffect.DeleteDocument delete:
                    _documents.Delete(delete.Key);
                    dirty = true;
                    break;
                case MeshEffect.Notice notice:
                    outward.Add(new EngineEffect.Notice(notice.What));
                    break;
                case MeshEffect.CommandCompleted completed:
                    Complete(completed, now, waiting, outward);
                    break;
                default:
                    CarryIntoStore(effect, now, waiting);
                    break;
            }
        }

        if (dirty) _documents.Commit();
        foreach (var effect in outward) effects.Add(effect);
    }

    private void CarryIntoStore(MeshEffect effect, Instant now, Queue<MeshEffect> waiting)
    {
        var more = new List<MeshEffect>();
        switch (effect)
        {
            case MeshEffect.AskStore ask:
                var answer = _desk.Answer(ask.Question, now, more);
                _mesh.Handle(new MeshInput.StoreAnswered(ask.Query, answer), now, more);
                break;
            case MeshEffect.AppendDam append:
                Store.AppendDam(append.SignedDam.ToArray(), now);
                Seal(now, more);
                break;
            case MeshEffect.OpenEpoch open:
                Store.OpenEpoch(open.Record.ToArray(), now);
                Seal(now, more);
                break;
            case MeshEffect.SetReadOnly readOnly:
                Store.SetReadOnly(readOnly.Reason);
                break;
            default:
                throw new UnreachableException();
        }

        foreach (var next in more) waiting.Enqueue(next);
    }

    /// <summary>Signs a head over what changed and tells the mesh, which shows it when law 9 allows.</summary>
    private HeadRef Seal(Instant now, ICollection<MeshEffect> more)
    {
        var head = Store.TakeSnapshot(now);
        _mesh.Handle(new MeshInput.OwnHeadChanged(), now, more);
        return new HeadRef(head.Epoch, head.Size, head.Root);
    }
}
