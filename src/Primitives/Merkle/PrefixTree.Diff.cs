using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>A key whose value differs between two sets; null where the set lacks it.</summary>
public readonly record struct PrefixTreeDifference(ArtifactKey Key, Hash256? Before, Hash256? After);

// Differences between two sets.
public sealed partial class PrefixTree
{
    /// <summary>
    /// What changed from <paramref name="before"/> to <paramref name="after"/>, by ascending key. Reads only nodes that
    /// differ, so it costs by the size of the difference. The trees may lie in different stores. Lazy.
    /// </summary>
    public static IEnumerable<PrefixTreeDifference> Diff(PrefixTree before, PrefixTree after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return DiffUnder(before, before._root, after, after._root, default);
    }

    private static IEnumerable<PrefixTreeDifference> DiffUnder(
        PrefixTree before, PrefixTreeChild left, PrefixTree after, PrefixTreeChild right, PrefixPath path)
    {
        if (left == right)
            yield break;
        var bothInner = Math.Min(left.Count, right.Count) > PrefixTreeNode.BucketEntriesMax;
        if (!bothInner)
        {
            foreach (var difference in DiffEntries(
                before.EntriesUnder(left, path, null), after.EntriesUnder(right, path, null)))
                yield return difference;
            yield break;
        }
        var leftNode = before.Load(left, path);
        var rightNode = after.Load(right, path);
        for (var nibble = 0; nibble < PrefixTreeNode.FanOut; nibble++)
        {
            foreach (var difference in DiffUnder(
                before, leftNode.Children[nibble], after, rightNode.Children[nibble], path.Child(nibble)))
                yield return difference;
        }
    }

    private static IEnumerable<PrefixTreeDifference> DiffEntries(
        IEnumerable<PrefixTreeEntry> before, IEnumerable<PrefixTreeEntry> after)
    {
        using var left = before.GetEnumerator();
        using var right = after.GetEnumerator();
        var hasLeft = left.MoveNext();
        var hasRight = right.MoveNext();
        while (hasLeft || hasRight)
        {
            var order = !hasRight ? -1 : !hasLeft ? 1 : left.Current.Key.CompareTo(right.Current.Key);
            if (order < 0)
                yield return new PrefixTreeDifference(left.Current.Key, left.Current.Value, null);
            else if (order > 0)
                yield return new PrefixTreeDifference(right.Current.Key, null, right.Current.Value);
            else if (left.Current.Value != right.Current.Value)
                yield return new PrefixTreeDifference(left.Current.Key, left.Current.Value, right.Current.Value);
            if (order <= 0)
                hasLeft = left.MoveNext();
            if (order >= 0)
                hasRight = right.MoveNext();
        }
    }
}
