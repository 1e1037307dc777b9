using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Storage.History;

/// <summary>Something in the history that is not as it was written.</summary>
/// <param name="Place">Epoch and leaf, or the snapshot.</param>
/// <param name="Message">One sentence.</param>
public sealed record HistoryFinding(string Place, string Message);

/// <summary>
/// Reads the whole public history again and checks it against itself: every body against its leaf, every snapshot
/// against the tree and against its own secrets, the head against root and key. It writes nothing.
/// </summary>
public sealed class HistoryVerifier
{
    private const int BatchCount = 4096;
    private readonly PublicHistory _history;
    private readonly IReadOnlyList<Ed25519PublicKey> _headKeys;

    /// <summary>Verifies against the head keys the domain has had; any of them may have signed.</summary>
    public HistoryVerifier(PublicHistory history, IReadOnlyList<Ed25519PublicKey> headKeys)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(headKeys);
        (_history, _headKeys) = (history, headKeys);
    }

    /// <summary>Findings as they are made; none where all is well. Lazy, O(leaves) in time, flat in memory.</summary>
    /// <param name="origin">Origin line of an epoch's heads.</param>
    public IEnumerable<HistoryFinding> Verify(Func<long, LogOrigin> origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        long snapshots = 0;
        HeadInfo? head = _history.Head;
        Hash256? rootUnderHead = null;
        foreach ((long epoch, long size) in _history.Epochs)
        {
            var tree = new LogTree();
            var subtrees = new SubtreeCheck(_history, epoch);
            for (long from = 0; from < size; from += BatchCount)
            {
                long to = Math.Min(size, from + BatchCount);
                _history.TryLeaves(epoch, from, to, out IReadOnlyList<Hash256>? leaves);
                for (int i = 0; i < leaves!.Count; i++)
                {
                    foreach (HistoryFinding finding in VerifyBody(epoch, tree, ref snapshots))
                        yield return finding;
                    tree.Append(LogCommitment.LeafHash(leaves[i]), subtrees);
                    if (head is not null && head.Epoch == epoch && head.Size == tree.Size)
                        rootUnderHead = tree.Root;
                }
            }

            if (subtrees.Damaged > 0)
            {
                yield return new HistoryFinding(
                    $"epoch {epoch}", $"{subtrees.Damaged} kept hashes are not those of the leaves under them.");
            }
        }

        if (head is null)
            yield break;
        foreach (HistoryFinding finding in VerifyHead(head, rootUnderHead, origin(head.Epoch)))
            yield return finding;
    }

    private List<HistoryFinding> VerifyBody(long epoch, LogTree before, ref long snapshots)
    {
        var findings = new List<HistoryFinding>();
        string place = $"epoch {epoch}, leaf {before.Size}";
        if (!_history.TryBody(epoch, before.Size, out _, out ReadOnlyMemory<byte> body))
        {
            if (_history.IsBodyDamaged(epoch, before.Size))
                findings.Add(new HistoryFinding(place, "The body is not what the leaf commits to."));
            return findings;
        }

        if (!PublicRecord.TryDecode(body.Span, out PublicRecord? record, out var error))
            findings.Add(new HistoryFinding(place, $"The body is no public record: {error}."));
        if (record is PublicRecord.Snapshot snapshot)
        {
            if (snapshot.Number != ++snapshots)
                findings.Add(new HistoryFinding(place, $"Snapshot {snapshot.Number} comes as number {snapshots}."));
            if (snapshot.Size != before.Size || snapshot.Root != before.Root)
                findings.Add(new HistoryFinding(place, "The snapshot states another tree than the leaves before it."));
            findings.AddRange(VerifyManifest(snapshot));
        }

        return findings;
    }

    private IEnumerable<HistoryFinding> VerifyManifest(PublicRecord.Snapshot snapshot)
    {
        string place = $"snapshot {snapshot.Number}";
        if (!_history.Snapshots.TryRead(snapshot.Number, out PreparedLeaf? leaf))
            yield return new HistoryFinding(place, "The manifest is missing or damaged.");
        else if (!leaf.Secrets!.Openings().All(snapshot.CommitsTo)
            || leaf.Secrets.Published.Count != snapshot.Published.Count
            || leaf.Secrets.CurrentCommitment() != snapshot.Current)
            yield return new HistoryFinding(place, "The manifest does not open what the public log commits to.");
    }

    private IEnumerable<HistoryFinding> VerifyHead(HeadInfo head, Hash256? rootOfLeaves, LogOrigin line)
    {
        string place = $"head of epoch {head.Epoch}";
        if (!_history.IsHeadOnDisk(head.Epoch))
            yield return new HistoryFinding(place, "Its file is missing or not what was signed.");
        if (!SignedNote.TryParse(head.Note.Span, out SignedNote? note, out _)
            || !Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out _)
            || checkpoint.Origin != line.ToString())
        {
            yield return new HistoryFinding(place, "The note is no checkpoint of this log.");
            yield break;
        }

        NoteVerifierKey[] keys =
            [.. _headKeys.Select(k => NoteVerifierKey.Create(line.ToString(), NoteAlgorithm.Ed25519, k))];
        if (note.Verify(keys).Verdict != NoteVerdict.Verified)
            yield return new HistoryFinding(place, "No head key of the domain signed it.");
        if (checkpoint.Size != head.Size || checkpoint.Root != rootOfLeaves)
            yield return new HistoryFinding(place, "Its root is not that of the leaves.");
    }

    /// <summary>Holds the hashes that are kept against those that the leaves give.</summary>
    private sealed class SubtreeCheck(PublicHistory history, long epoch) : INodeHashSink
    {
        public long Damaged { get; private set; }

        public void Put(int level, long index, Hash256 hash) =>
            Damaged += history.HoldsSubtree(epoch, level, index, hash) ? 0 : 1;
    }
}
