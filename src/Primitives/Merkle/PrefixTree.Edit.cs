using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>One change of the set: a value puts or replaces the key, null takes it out.</summary>
public readonly record struct PrefixTreeEdit(ArtifactKey Key, Hash256? Value);

// Edits. A draft is a subtree not yet written, so that nothing is put that a collapse further up would drop again.
public sealed partial class PrefixTree
{
    /// <summary>The set with this key at this value, replacing an earlier one.</summary>
    public PrefixTree Insert(ArtifactKey key, Hash256 value) => Apply([new PrefixTreeEdit(key, value)]);

    /// <summary>The set without this key; the same root if it was not there.</summary>
    public PrefixTree Remove(ArtifactKey key) => Apply([new PrefixTreeEdit(key, null)]);

    /// <summary>
    /// The set after all edits; of several for one key the last wins. Each node touched is written once, however many
    /// edits fall under it.
    /// </summary>
    public PrefixTree Apply(IEnumerable<PrefixTreeEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        var lastByKey = new SortedDictionary<ArtifactKey, PrefixTreeEdit>();
        foreach (var edit in edits)
            lastByKey[edit.Key] = edit;
        var draft = Edit(_root, default, [.. lastByKey.Values]);
        return new PrefixTree(_store, Write(draft));
    }

    private Draft Edit(PrefixTreeChild child, PrefixPath path, ReadOnlySpan<PrefixTreeEdit> edits)
    {
        if (edits.IsEmpty)
            return new Draft(child.Count, Stored: child);
        if (child.Count == 0)
            return Build(Merge([], edits), path.Depth);
        var node = Load(child, path);
        if (node.IsBucket)
            return Build(Merge(node.Entries, edits), path.Depth);
        var drafts = new Draft[PrefixTreeNode.FanOut];
        long total = 0;
        for (var nibble = 0; nibble < drafts.Length; nibble++)
        {
            var here = 0;
            while (here < edits.Length && PrefixPath.NibbleOf(edits[here].Key, path.Depth) == nibble)
                here++;
            drafts[nibble] = Edit(node.Children[nibble], path.Child(nibble), edits[..here]);
            total += drafts[nibble].Count;
            edits = edits[here..];
        }
        return total <= PrefixTreeNode.BucketEntriesMax
            ? new Draft(total, Entries: Collapse(drafts, path))
            : WithChildren(drafts, path.Depth);
    }

    private Draft Build(ReadOnlySpan<PrefixTreeEntry> entries, int depth)
    {
        if (entries.Length <= PrefixTreeNode.BucketEntriesMax)
            return new Draft(entries.Length, Entries: entries.ToArray());
        var drafts = new Draft[PrefixTreeNode.FanOut];
        for (var nibble = 0; nibble < drafts.Length; nibble++)
        {
            var here = 0;
            while (here < entries.Length && PrefixPath.NibbleOf(entries[here].Key, depth) == nibble)
                here++;
            drafts[nibble] = Build(entries[..here], depth + 1);
            entries = entries[here..];
        }
        return WithChildren(drafts, depth);
    }

    private Draft WithChildren(Draft[] drafts, int depth) =>
        new(drafts.Sum(d => d.Count), Children: Array.ConvertAll(drafts, Write), Depth: depth);

    // 16 entries or fewer are left below, so every child is a bucket, written or not.
    private PrefixTreeEntry[] Collapse(Draft[] drafts, PrefixPath path)
    {
        var entries = new List<PrefixTreeEntry>(PrefixTreeNode.BucketEntriesMax);
        for (var nibble = 0; nibble < drafts.Length; nibble++)
        {
            if (drafts[nibble].Count == 0)
                continue;
            entries.AddRange(drafts[nibble].Entries
                ?? Load(drafts[nibble].Stored!.Value, path.Child(nibble)).Entries); // a draft is one or the other
        }
        return [.. entries];
    }

    private PrefixTreeChild Write(Draft draft)
    {
        if (draft.Count == 0)
            return default;
        if (draft.Stored is { } stored)
            return stored;
        var node = draft.Entries is { } entries
            ? PrefixTreeNode.Bucket(entries)
            : PrefixTreeNode.Inner(draft.Children!, draft.Depth); // the third and last kind of draft
        var bytes = node.Encode();
        var hash = Blake3.Hash(bytes);
        _store.Put(hash, bytes);
        return new PrefixTreeChild(hash, draft.Count);
    }

    private static PrefixTreeEntry[] Merge(ReadOnlySpan<PrefixTreeEntry> entries, ReadOnlySpan<PrefixTreeEdit> edits)
    {
        var merged = new List<PrefixTreeEntry>(entries.Length + edits.Length);
        var at = 0;
        foreach (var edit in edits)
        {
            while (at < entries.Length && entries[at].Key < edit.Key)
                merged.Add(entries[at++]);
            if (at < entries.Length && entries[at].Key == edit.Key)
                at++;
            if (edit.Value is { } value)
                merged.Add(new PrefixTreeEntry(edit.Key, value));
        }
        merged.AddRange(entries[at..]);
        return [.. merged];
    }

    private sealed record Draft(
        long Count,
        PrefixTreeChild? Stored = null,
        PrefixTreeEntry[]? Entries = null,
        PrefixTreeChild[]? Children = null,
        int Depth = 0);
}
