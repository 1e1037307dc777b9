using System.Globalization;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// Reads the documents of one followed domain back. Whatever does not fit together is dropped, and the next sync brings
/// it again: kept state is a cache of what its owner signed.
/// </summary>
internal static class FollowRestore
{
    /// <summary>The documents of each followed domain, by the domain's hex digits, keys without that prefix.</summary>
    public static SortedDictionary<string, SortedDictionary<string, ReadOnlyMemory<byte>>> Group(
        IEnumerable<StoredDocument> documents)
    {
        SortedDictionary<string, SortedDictionary<string, ReadOnlyMemory<byte>>> groups = new(StringComparer.Ordinal);
        const int hexEnd = 4 + 64;
        foreach (var document in documents)
        {
            if (!document.Key.StartsWith(FollowDocuments.Prefix, StringComparison.Ordinal)
                || document.Key.Length <= hexEnd + 1)
                continue;
            var domain = document.Key[4..hexEnd];
            if (!groups.TryGetValue(domain, out var group))
                groups.Add(domain, group = new(StringComparer.Ordinal));
            group[document.Key[(hexEnd + 1)..]] = document.Value;
        }
        return groups;
    }

    public static Manifests? Manifests(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> documents)
    {
        var chain = documents
            .Where(d => d.Key.StartsWith("dam/", StringComparison.Ordinal))
            .Select(d => d.Value)
            .ToList();
        return Trust.Manifests.TryVerify(chain, out var manifests) ? manifests : null;
    }

    public static RestoredFollow State(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> documents, Manifests manifests)
    {
        var petname = documents.TryGetValue("name", out var name)
            ? System.Text.Encoding.UTF8.GetString(name.Span)
            : null;
        var nothing = new RestoredFollow { Petname = petname };
        if (!documents.TryGetValue("head", out var bytes) || !TryReadHead(bytes.Span, manifests, out var restored))
            return nothing;
        foreach (var set in restored.Audiences)
            ReadEntries(documents, set);
        var (log, folder) = (restored.Log, FollowDocuments.Folder(manifests.Domain));
        var pageKey = FollowDocuments.LeavesKey(
            manifests.Domain, restored.Head!.Epoch, log.Size / FollowDocuments.LeavesPerPage)[folder.Length..];
        var tail = documents.TryGetValue(pageKey, out var page) ? Commitments(page.Span) : [];
        var tailCount = (int)(restored.Log.Size % FollowDocuments.LeavesPerPage);
        return tail.Count < tailCount
            ? nothing
            : restored with { Petname = petname, Tail = tail[..tailCount] };
    }

    private static bool TryReadHead(ReadOnlySpan<byte> bytes, Manifests manifests, out RestoredFollow restored)
    {
        restored = new RestoredFollow();
        var reader = new CborReader(bytes);
        if (!reader.TryReadMapStart(out var count) || count != 5
            || !reader.TryReadKey("note"u8) || !OmegaDocument.TryReadBlob(ref reader, out var note)
            || !reader.TryReadKey("peaks"u8) || !OmegaDocument.TryReadHashes(ref reader, out var peaks)
            || !reader.TryReadKey("state"u8) || !reader.TryReadSize(out var state)
            || !reader.TryReadKey("number"u8) || !reader.TryReadSize(out var number)
            || !reader.TryReadKey("audiences"u8) || !TryReadAudiences(ref reader, out var audiences)
            || !reader.TryFinish())
            return false;
        if (!SignedHead.TryVerifyPast(note, manifests, out var head)
            || !LogTree.TryCreate(head.Size, peaks.ToArray(), out var log) || log!.Root != head.Root
            || state is not ((long)FollowState.Current or (long)FollowState.Stalled or (long)FollowState.Quarantined))
            return false;
        restored = new RestoredFollow
        {
            Head = head,
            SnapshotNumber = number,
            Log = log,
            State = (FollowState)state,
            Audiences = audiences,
        };
        return true;
    }

    private static bool TryReadAudiences(ref CborReader reader, out List<AudienceSet> audiences)
    {
        audiences = [];
        if (!reader.TryReadArrayStart(out var count) || count > OmegaLimits.Audiences)
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadMapStart(out var fields) || fields != 2
                || !reader.TryReadKey("name"u8) || !reader.TryReadText(OmegaLimits.AudienceBytes, out var name)
                || !reader.TryReadKey("index"u8) || !reader.TryReadSize(out var index) || index > int.MaxValue)
                return false;
            audiences.Add(new AudienceSet(name, (int)index));
        }
        return true;
    }

    private static void ReadEntries(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> documents, AudienceSet set)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"entry/{set.Index}/");
        foreach (var (key, value) in documents)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal) && value.Length > 32
                && Hash256.TryParseHex(key.AsSpan(prefix.Length), out var artifact))
                set.Put(ArtifactKey.From(artifact), new KeptEntry(Hash256.From(value.Span[..32]), value[32..]));
        }
        set.Rebuild();
    }

    private static List<Hash256> Commitments(ReadOnlySpan<byte> page)
    {
        var commitments = new List<Hash256>();
        for (var at = 0; at + 32 <= page.Length; at += 32)
            commitments.Add(Hash256.From(page.Slice(at, 32)));
        return commitments;
    }
}
