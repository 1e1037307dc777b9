using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// One followed domain: what of it was verified, and the sync that is under way. Visible state changes only by
/// <see cref="Adopt"/>, from a sync in which every check passed.
/// </summary>
internal sealed class Follow(
    PeerId owner, Manifests manifests, FollowServices services)
{
    private readonly SortedDictionary<string, AudienceSet> _audiences = new(StringComparer.Ordinal);
    private DomainSync? _sync;
    private bool _syncAgain;
    private HeadRef? _pulledFor;
    private List<Action<bool>> _waiting = [];

    public DomainId Domain => Manifests.Domain;

    public PeerId Owner { get; } = owner;

    public Manifests Manifests { get; private set; } = manifests;

    public SignedHead? Head { get; private set; }

    public long SnapshotNumber { get; private set; }

    /// <summary>The edge of the public log at <see cref="Head"/>.</summary>
    public LogTree Log { get; private set; } = new();

    public FollowState State { get; private set; } = FollowState.Waiting;

    public string? Petname { get; private set; }

    public IReadOnlyCollection<AudienceSet> Audiences => _audiences.Values;

    public FollowServices Services => services;

    public AudienceSet? Audience(string name) => _audiences.GetValueOrDefault(name);

    public FollowedEntry? FindEntry(ArtifactKey key)
    {
        foreach (var set in _audiences.Values)
        {
            if (set.Entries.TryGetValue(key, out var entry))
                return new FollowedEntry(key, set.Name, entry.Bytes);
        }
        return null;
    }

    /// <summary>Entries by key; one published to several audiences shows once.</summary>
    public IReadOnlyList<FollowedEntry> Entries()
    {
        var byKey = new SortedDictionary<ArtifactKey, FollowedEntry>();
        foreach (var set in _audiences.Values)
        {
            foreach (var (key, entry) in set.Entries)
                byKey.TryAdd(key, new FollowedEntry(key, set.Name, entry.Bytes));
        }
        return [.. byKey.Values];
    }

    public FollowedDomain View() => new(
        Domain, Manifests.Latest.ProposedName, Petname, Owner, Head?.Place, State,
        _audiences.Values.SelectMany(a => a.Entries.Keys).Distinct().Count());

    public void SetPetname(string? petname)
    {
        Petname = petname;
        FollowDocuments.PutPetname(services.Outbox, Domain, petname);
    }

    /// <summary>
    /// An announcement of the owner's: a reason to pull, or a fault. Gives the note held when that is newer.
    /// </summary>
    public ReadOnlyMemory<byte> OnAnnounced(ReadOnlyMemory<byte> note)
    {
        // A note by a head key we do not know yet is judged after the manifests were pulled.
        if (!SignedHead.TryVerify(note, Manifests, out var shown, out var unreadable))
        {
            if (unreadable == PeerFault.BadSignature)
                RequestSync(null);
            else
                Report(unreadable, "an announcement that is none");
            return default;
        }
        if (Head is not { } held)
        {
            RequestSync(null);
            return default;
        }
        switch (HeadCheck.JudgePlace(held, shown))
        {
            case PeerFault.StaleHead:
                Report(PeerFault.StaleHead, $"announced size {shown.Size}, held {held.Size}");
                return held.Note;
            case PeerFault.InconsistentHead:
                Convict(note);
                return default;
            default:
                if (shown.IsAfter(held.Epoch, held.Size) && services.Standing.IsUsable(Owner))
                    PullFor(shown);
                return default;
        }
    }

    /// <summary>
    /// A head of the owner's that came by gossip, through whomever: a reason to pull, evidence, or nothing. Who
    /// brought it answers only for what nobody can have signed.
    /// </summary>
    public GossipVerdict OnGossiped(HeadBundle bundle)
    {
        if (!SignedHead.TryVerify(bundle.Note, Manifests, out var shown, out var fault))
        {
            if (fault != PeerFault.BadSignature || SignedHead.IsForged(bundle.Note, Manifests))
                return GossipVerdict.Reject;
            RequestSync(null); // by a head key that we do not know yet
            return GossipVerdict.Ignore;
        }
        if (!HeadCheck.CoversSnapshot(shown, bundle))
            return GossipVerdict.Reject;
        if (Head is { } held && HeadCheck.JudgePlace(held, shown) is { } disorder)
        {
            if (disorder != PeerFault.InconsistentHead)
                return GossipVerdict.Ignore;
            Convict(bundle.Note);
            return GossipVerdict.Accept; // others want the evidence as well
        }
        if (Head is not null && !shown.IsAfter(Head.Epoch, Head.Size))
            return GossipVerdict.Accept;
        if (services.CatalogOf(Owner) is null)
            services.Hurry(Owner);
        else if (services.Standing.IsUsable(Owner))
            PullFor(shown);
        return GossipVerdict.Accept;
    }

    /// <summary>
    /// Pulls now, or once more after the pull under way; <paramref name="onDone"/> hears how it went.
    /// </summary>
    public void RequestSync(Action<bool>? onDone)
    {
        if (onDone is not null)
            _waiting.Add(onDone);
        if (_sync is not null)
        {
            _syncAgain = true;
            return;
        }
        if (services.CatalogOf(Owner) is not { } catalog)
        {
            TellWaiting(isSynced: false);
            return;
        }
        _sync = new DomainSync(this, catalog);
        _sync.Start();
    }

    // The same head is heard of several times: one pull is enough for all.
    private void PullFor(SignedHead shown)
    {
        if (_sync is not null && _pulledFor is { } last && !shown.IsAfter(last.Epoch, last.Size))
            return;
        _pulledFor = shown.Place;
        RequestSync(null);
    }

    /// <summary>The sync under way is over: with what it verified, or with the fault that ended it.</summary>
    public void OnSyncEnded(SyncResult result)
    {
        _sync = null;
        if (result.Fault == PeerFault.InconsistentHead && result.ForkNote is { } note)
        {
            Convict(note);
        }
        else if (result.Fault is { } fault)
        {
            if (fault is PeerFault.BadConsistencyProof or PeerFault.BadEpoch && State == FollowState.Current)
                State = FollowState.Stalled;
            Report(fault, result.Detail);
        }
        if (_syncAgain && result.Fault is null)
        {
            _syncAgain = false;
            RequestSync(null);
            return;
        }
        _syncAgain = false;
        TellWaiting(result.Fault is null);
    }

    /// <summary>Shows, and keeps in one batch, what a sync has verified whole.</summary>
    public void Adopt(VerifiedSync verified)
    {
        FollowDocuments.PutManifests(services.Outbox, Domain, Manifests.Signed.Count, verified.Manifests);
        Manifests = verified.Manifests;
        if (verified.Head is not { } head)
            return;
        FollowDocuments.PutLeaves(services, this, verified);
        services.Standing.Restore(Owner);
        Head = head;
        SnapshotNumber = verified.SnapshotNumber;
        Log = verified.Log;
        State = FollowState.Current;
        AdoptSets(verified);
        FollowDocuments.PutHead(services.Outbox, this);
        var entries = _audiences.Values.Sum(a => a.Entries.Count);
        services.Outbox.Notify(new MeshNotice.DomainUpdated(Domain, head.Epoch, head.Size, entries));
    }

    /// <summary>Takes kept state back at start.</summary>
    public void Restore(RestoredFollow restored)
    {
        Petname = restored.Petname;
        if (restored.Head is not { } head)
            return;
        Head = head;
        SnapshotNumber = restored.SnapshotNumber;
        Log = restored.Log;
        State = restored.State;
        Tail = restored.Tail;
        foreach (var set in restored.Audiences)
            _audiences.Add(set.Name, set);
    }

    /// <summary>Commitments of the last, unfilled page of leaves.</summary>
    public List<Primitives.Hashing.Hash256> Tail { get; set; } = [];

    private void AdoptSets(VerifiedSync verified)
    {
        foreach (var gone in _audiences.Values.Where(a => !verified.Sets.ContainsKey(a.Name)).ToList())
        {
            foreach (var key in gone.Entries.Keys)
                services.Outbox.Delete(FollowDocuments.EntryKey(Domain, gone.Index, key));
            _audiences.Remove(gone.Name);
        }
        foreach (var (name, wanted) in verified.Sets)
        {
            if (!_audiences.TryGetValue(name, out var set))
            {
                var index = _audiences.Count == 0 ? 0 : _audiences.Values.Max(a => a.Index) + 1;
                _audiences.Add(name, set = new AudienceSet(name, index));
            }
            AdoptSet(set, wanted, verified);
        }
    }

    private void AdoptSet(
        AudienceSet set, SortedDictionary<ArtifactKey, Primitives.Hashing.Hash256> wanted, VerifiedSync verified)
    {
        foreach (var key in set.Entries.Keys.Where(k => !wanted.ContainsKey(k)).ToList())
        {
            set.Remove(key);
            services.Outbox.Delete(FollowDocuments.EntryKey(Domain, set.Index, key));
        }
        foreach (var (key, identity) in wanted)
        {
            if (set.Entries.TryGetValue(key, out var kept) && kept.Identity == identity)
                continue;
            var entry = new KeptEntry(identity, verified.Entries[identity]);
            set.Put(key, entry);
            FollowDocuments.PutEntry(services.Outbox, FollowDocuments.EntryKey(Domain, set.Index, key), entry);
        }
        set.Rebuild();
    }

    // The two notes convince anyone offline; what was verified before stays readable, nothing new is taken.
    private void Convict(ReadOnlyMemory<byte> note)
    {
        Report(PeerFault.InconsistentHead, "two histories in one epoch");
        if (State == FollowState.Quarantined || Head is not { } held)
            return;
        State = FollowState.Quarantined;
        FollowDocuments.PutEvidence(services.Outbox, Domain, held, note);
        FollowDocuments.PutHead(services.Outbox, this);
        services.Outbox.Notify(new MeshNotice.DomainQuarantined(Domain, held.Epoch));
    }

    private void Report(PeerFault fault, string detail) => services.Report(Owner, fault, detail);

    private void TellWaiting(bool isSynced)
    {
        var waiting = _waiting;
        _waiting = [];
        foreach (var onDone in waiting)
            onDone(isSynced);
    }
}
