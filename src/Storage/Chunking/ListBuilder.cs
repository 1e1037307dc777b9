using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Chunking;

/// <summary>Collects entries into a list, folding each full 1,024 into a page that is handed out to be stored. Memory
/// is one page per level.</summary>
internal sealed class ListBuilder(Action<Hash256, byte[]> storePage)
{
    private readonly List<List<ListEntry>> _levels = [[]];

    public void Add(ListEntry entry) => AddAt(0, entry);

    /// <summary>The node to put into the list's root; pages have been handed out before.</summary>
    public ListNode Finish()
    {
        for (var level = 0; level < _levels.Count - 1; level++)
        {
            if (_levels[level].Count > 0)
            {
                Fold(level);
            }
        }

        return new ListNode(_levels.Count - 1, [.. _levels[^1]]);
    }

    private void AddAt(int level, ListEntry entry)
    {
        if (level == _levels.Count)
        {
            _levels.Add([]);
        }

        if (_levels[level].Count == ListNode.EntriesMax)
        {
            Fold(level);
        }

        _levels[level].Add(entry);
    }

    private void Fold(int level)
    {
        var entries = _levels[level];
        var page = new ListNode(level, [.. entries]).Encode();
        var id = Blake3.Hash(page);
        storePage(id, page);
        var covered = entries.Sum(entry => entry.Length);
        entries.Clear();
        AddAt(level + 1, new ListEntry(id, covered));
    }
}
