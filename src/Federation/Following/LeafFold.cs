using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// Folds leaves into the log's root and readable bodies into published sets. At the snapshot's leaf the log's root and
/// every opened published root must be what the signed snapshot says; so a set is never believed by its root alone, nor
/// a root by the owner's word.
/// </summary>
internal sealed class LeafFold
{
    private readonly AcceptedHead _accepted;
    private readonly List<Hash256> _commitments = [];

    private LeafFold(AcceptedHead accepted, long first, LogTree log)
    {
        _accepted = accepted;
        First = first;
        Log = log;
    }

    /// <summary>Number of the first leaf folded.</summary>
    public long First { get; }

    public LogTree Log { get; }

    /// <summary>Number of the next leaf.</summary>
    public long Next => Log.Size;

    public IReadOnlyList<Hash256> Commitments => _commitments;

    /// <summary>Per audience: key to entry identity.</summary>
    public SortedDictionary<string, SortedDictionary<ArtifactKey, Hash256>> Sets { get; } =
        new(StringComparer.Ordinal);

    /// <summary>
    /// Goes on from what is held. Starts from nothing in a new epoch, whose first leaves say all again, and when an
    /// audience is opened for the first time: bodies that could not be read before can be now.
    /// </summary>
    public static LeafFold Begin(Follow follow, AcceptedHead accepted)
    {
        if (follow.Head is not { } held || held.Epoch != accepted.Head.Epoch
            || accepted.Openings.Any(o => follow.Audience(o.Audience) is null))
            return new LeafFold(accepted, 0, new LogTree());
        var fold = new LeafFold(accepted, held.Size, follow.Log.Clone());
        foreach (var set in follow.Audiences)
        {
            var copy = new SortedDictionary<ArtifactKey, Hash256>();
            foreach (var (key, entry) in set.Entries)
                copy[key] = entry.Identity;
            fold.Sets.Add(set.Name, copy);
        }
        return fold;
    }

    /// <summary>Takes the next leaves; null, or the fault that they prove.</summary>
    public PeerFault? Take(CatalogResponse.Leaves leaves)
    {
        var first = Next;
        var bodies = new Dictionary<long, LeafBody>();
        foreach (var body in leaves.Bodies)
        {
            var at = body.Index - first;
            if (at < 0 || at >= leaves.Commitments.Count || !bodies.TryAdd(body.Index, body)
                || !LogCommitment.Opens(leaves.Commitments[(int)at], body.Salt.Span, body.Body.Span))
                return PeerFault.BadLeaf;
        }
        foreach (var commitment in leaves.Commitments)
        {
            if (Next == _accepted.SnapshotIndex && JudgeSnapshot() is { } fault)
                return fault;
            if (bodies.TryGetValue(Next, out var body) && !TryFold(body))
                return PeerFault.BadLeaf;
            Log.Append(LogCommitment.LeafHash(commitment));
            _commitments.Add(commitment);
        }
        return null;
    }

    private bool TryFold(LeafBody body)
    {
        if (!PublicRecord.TryDecode(body.Body.Span, out var record, out _))
            return false;
        switch (record)
        {
            case PublicRecord.Publish publish:
                SetOf(publish.Audience)[publish.Key] = publish.Entry;
                break;
            case PublicRecord.Unpublish unpublish:
                SetOf(unpublish.Audience).Remove(unpublish.Key);
                break;
            default:
                break;
        }
        return true;
    }

    private PeerFault? JudgeSnapshot()
    {
        if (Log.Root != _accepted.Snapshot.Root)
            return PeerFault.BadSnapshot;
        var openings = _accepted.Openings.ToDictionary(o => o.Audience, StringComparer.Ordinal);
        foreach (var audience in Sets.Keys.ToList())
        {
            // No opening: an audience we are not, or no longer, a member of.
            if (!openings.ContainsKey(audience))
                Sets.Remove(audience);
        }
        foreach (var opening in _accepted.Openings)
        {
            var edits = SetOf(opening.Audience).Select(e => new PrefixTreeEdit(e.Key, e.Value));
            if (AudienceSet.TreeOf(edits).Root != opening.Root)
                return PeerFault.BadCatalogNode;
        }
        return null;
    }

    private SortedDictionary<ArtifactKey, Hash256> SetOf(string audience)
    {
        if (!Sets.TryGetValue(audience, out var set))
            Sets.Add(audience, set = []);
        return set;
    }
}
