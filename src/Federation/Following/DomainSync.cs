using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// One pull of a followed domain from its owner, step by step: manifests, head, leaves, published sets, entries. All is
/// staged here; nothing is kept or shown before the last check has passed (law 6), and then all of it at once.
/// </summary>
internal sealed class DomainSync(Follow follow, CatalogClient catalog)
{
    private const int DamRoundsMax = 64;
    private const int EntriesPerAsk = 256;

    private Manifests _manifests = follow.Manifests;
    private AcceptedHead? _accepted;
    private LeafFold? _fold;
    private readonly Dictionary<Hash256, ReadOnlyMemory<byte>> _entries = [];
    private readonly Queue<(string Audience, List<MissingEntry> Batch)> _missing = new();
    private long _stagedBytes;
    private int _damRounds;
    private bool _isSecondLook;
    private bool _isOver;

    private readonly record struct MissingEntry(ArtifactKey Key, Hash256 Identity);

    public void Start() => AskManifests();

    private void AskManifests() =>
        catalog.Ask(new CatalogRequest.Dam(follow.Domain, _manifests.Signed.Count), OnManifests);

    private void OnManifests(CatalogReply reply)
    {
        if (reply.Response is CatalogResponse.Refused && follow.Head is not null)
        {
            // An owner that was put back to before it trusted us has to see the head of its own that we hold (law 9).
            AskHead();
            return;
        }
        if (reply.Response is not CatalogResponse.Dam dam)
        {
            FailAs(reply);
            return;
        }
        if (dam.Chain.Count == 0)
        {
            AskHead();
            return;
        }
        if (++_damRounds > DamRoundsMax || !_manifests.TryExtend(dam.Chain, out var extended))
        {
            Fail(PeerFault.BadManifest, "a manifest that does not continue the chain");
            return;
        }
        _manifests = extended;
        AskManifests();
    }

    private void AskHead()
    {
        var held = follow.Head;
        catalog.Ask(
            new CatalogRequest.Head(follow.Domain, held?.Epoch ?? 0, held?.Size ?? 0, held?.Note ?? default), OnHead);
    }

    private void OnHead(CatalogReply reply)
    {
        switch (reply.Response)
        {
            case CatalogResponse.Head head:
                Judge(head.Bundle);
                break;
            case CatalogResponse.None or CatalogResponse.Later:
                Adopt(new VerifiedSync { Manifests = _manifests });
                break;
            default:
                FailAs(reply);
                break;
        }
    }

    private void Judge(HeadBundle bundle)
    {
        var held = follow.Head is { } head ? new HeldHead(head, follow.SnapshotNumber) : null;
        if (HeadCheck.Judge(held, _manifests, bundle, out var accepted, out var isFork) is { } fault)
        {
            // The manifest may have moved on between our two questions: look once more before it is a fault.
            if (fault is PeerFault.BadSnapshot or PeerFault.BadSignature && !_isSecondLook)
            {
                _isSecondLook = true;
                AskManifests();
                return;
            }
            Fail(fault, "the head shown", isFork ? bundle.Note : null);
            return;
        }
        _accepted = accepted!;
        var isQuarantined = follow.State == FollowState.Quarantined && held!.Head.Epoch == _accepted.Head.Epoch;
        if (isQuarantined || (held is not null && held.Head.Place == _accepted.Head.Place))
        {
            Adopt(new VerifiedSync { Manifests = _manifests });
            return;
        }
        _fold = LeafFold.Begin(follow, _accepted);
        AskLeaves();
    }

    private void AskLeaves()
    {
        var (fold, head) = (_fold!, _accepted!.Head);
        if (fold.Next == head.Size)
        {
            OnAllLeaves(fold, head);
            return;
        }
        var to = Math.Min(head.Size, fold.Next + OmegaLimits.LeavesPerMessage);
        catalog.Ask(new CatalogRequest.Leaves(follow.Domain, head.Epoch, fold.Next, to), reply => OnLeaves(to, reply));
    }

    private void OnLeaves(long to, CatalogReply reply)
    {
        if (reply.Response is not CatalogResponse.Leaves leaves)
        {
            FailAs(reply);
            return;
        }
        _stagedBytes += leaves.Commitments.Count * 32L + leaves.Bodies.Sum(b => (long)b.Body.Length);
        if (leaves.Commitments.Count > to - _fold!.Next || _stagedBytes > follow.Services.Limits.StagedBytes
            || _fold.Next > follow.Services.Limits.Leaves)
        {
            Fail(PeerFault.Oversize, "more leaves than asked for or than are taken");
            return;
        }
        if (_fold.Take(leaves) is { } fault)
            Fail(fault, "the public log's leaves");
        else
            AskLeaves();
    }

    private void OnAllLeaves(LeafFold fold, SignedHead head)
    {
        if (fold.Log.Root != head.Root)
        {
            Fail(PeerFault.BadLeaf, "the leaves do not add up to the signed root");
            return;
        }
        if (fold.Sets.Values.Sum(s => s.Count) > follow.Services.Limits.EntriesPerDomain)
        {
            Fail(PeerFault.Oversize, "more entries than are taken of one domain");
            return;
        }
        foreach (var (audience, set) in fold.Sets)
        {
            var held = follow.Audience(audience)?.Entries;
            var missing = set
                .Where(e => held is null || !held.TryGetValue(e.Key, out var kept) || kept.Identity != e.Value)
                .Select(e => new MissingEntry(e.Key, e.Value));
            foreach (var batch in missing.Chunk(EntriesPerAsk))
                _missing.Enqueue((audience, [.. batch]));
        }
        AskEntries();
    }

    private void AskEntries()
    {
        if (!_missing.TryPeek(out var next))
        {
            Finish();
            return;
        }
        var keys = next.Batch.Select(m => m.Key.Hash).ToList();
        catalog.Ask(new CatalogRequest.Entries(follow.Domain, next.Audience, keys), OnEntries);
    }

    private void OnEntries(CatalogReply reply)
    {
        if (reply.Response is not CatalogResponse.Items items)
        {
            FailAs(reply);
            return;
        }
        var (_, batch) = _missing.Peek();
        if (items.Bytes.Count > batch.Count)
        {
            Fail(PeerFault.Malformed, "more entries than asked for");
            return;
        }
        for (var i = 0; i < items.Bytes.Count; i++)
        {
            if (items.Bytes[i].IsEmpty)
            {
                // Gone since the head we look at: withheld or unpublished, the next head tells.
                Fail(PeerFault.Refused, $"no entry of {batch[i].Key} any more");
                return;
            }
            if (JudgeEntry(batch[i], items.Bytes[i]) is { } fault)
            {
                Fail(fault, $"the entry of {batch[i].Key}");
                return;
            }
            _entries[batch[i].Identity] = items.Bytes[i];
            _stagedBytes += items.Bytes[i].Length;
        }
        if (_stagedBytes > follow.Services.Limits.StagedBytes)
        {
            Fail(PeerFault.Oversize, "more entry bytes than are staged at once");
            return;
        }
        batch.RemoveRange(0, items.Bytes.Count);
        if (batch.Count == 0)
            _missing.Dequeue();
        AskEntries();
    }

    private PeerFault? JudgeEntry(MissingEntry wanted, ReadOnlyMemory<byte> bytes)
    {
        if (!SignedArtifact.TryDecode(bytes.Span, out var entry, out _)
            || entry.Key != wanted.Key || entry.Identity != wanted.Identity)
            return PeerFault.BadEntry;
        return entry.Verify(_manifests.Authority).Verdict switch
        {
            ArtifactVerdict.Verified => null,
            ArtifactVerdict.BadSignature => PeerFault.BadSignature,
            _ => PeerFault.BadEntry,
        };
    }

    private void Finish() => Adopt(new VerifiedSync
    {
        Manifests = _manifests,
        Head = _accepted!.Head,
        SnapshotNumber = _accepted.Snapshot.Number,
        Log = _fold!.Log,
        FirstLeaf = _fold.First,
        Commitments = _fold.Commitments,
        Sets = _fold.Sets,
        Entries = _entries,
    });

    private void Adopt(VerifiedSync verified)
    {
        if (_isOver)
            return;
        _isOver = true;
        follow.Adopt(verified);
        follow.OnSyncEnded(SyncResult.Done);
    }

    private void FailAs(CatalogReply reply) =>
        Fail(reply.Response is null ? reply.Fault : PeerFault.Refused, "no answer to a catalog question");

    private void Fail(PeerFault fault, string detail, ReadOnlyMemory<byte>? forkNote = null)
    {
        if (_isOver)
            return;
        _isOver = true;
        follow.OnSyncEnded(new SyncResult(fault, detail, forkNote));
    }
}
