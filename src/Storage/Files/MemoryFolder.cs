namespace Omega.P2P.Storage.Files;

/// <summary>One simulated folder: the names the process sees, and the ones a power loss would leave. An entry is a
/// <see cref="MemoryInode"/> or a <see cref="MemoryFolder"/>.</summary>
internal sealed class MemoryFolder
{
    private readonly List<(string Name, object? Entry)> _unsynced = [];
    private SortedDictionary<string, object> _durable = new(StringComparer.Ordinal);

    public SortedDictionary<string, object> Entries { get; private set; } = new(StringComparer.Ordinal);

    public int UnsyncedCount => _unsynced.Count;

    public void Put(string name, object entry)
    {
        Entries[name] = entry;
        _unsynced.Add((name, entry));
    }

    public void Remove(string name)
    {
        if (Entries.Remove(name))
        {
            _unsynced.Add((name, null));
        }
    }

    public void Sync()
    {
        _durable = new SortedDictionary<string, object>(Entries, StringComparer.Ordinal);
        _unsynced.Clear();
    }

    /// <summary>Another folder with copies of everything in it, all durable; second names of one file stay one file.
    /// </summary>
    public MemoryFolder Copy(Dictionary<MemoryInode, MemoryInode> copied)
    {
        var copy = new MemoryFolder();
        foreach (var (name, entry) in Entries)
        {
            if (entry is MemoryFolder folder)
            {
                copy.Entries.Add(name, folder.Copy(copied));
            }
            else
            {
                var inode = (MemoryInode)entry;
                if (!copied.TryGetValue(inode, out var known))
                {
                    copied.Add(inode, known = inode.Copy());
                }

                copy.Entries.Add(name, known);
            }
        }

        copy.Sync();
        return copy;
    }

    /// <summary>Takes the names after a power loss: the durable ones, and those unsynced changes, in their order, that
    /// <paramref name="kept"/> says.</summary>
    public void Crash(ReadOnlySpan<bool> kept)
    {
        for (var i = 0; i < kept.Length; i++)
        {
            var (name, entry) = _unsynced[i];
            if (!kept[i])
            {
                continue;
            }

            if (entry is null)
            {
                _durable.Remove(name);
            }
            else
            {
                _durable[name] = entry;
            }
        }

        _unsynced.Clear();
        Entries = new SortedDictionary<string, object>(_durable, StringComparer.Ordinal);
    }
}
