using System.Globalization;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>Taking up what is on disk, or throwing it away.</summary>
internal sealed partial class IndexStore
{
    private const string Extension = ".idx";

    private LogPlace _place;
    private byte[] _state = [];
    private long _manifestNumber;
    private long _manifestTried;
    private long _nextNumber = 1;

    /// <summary>The place of the log up to which segments say everything.</summary>
    public LogPlace Place => _place;

    /// <summary>What was handed to <see cref="Freeze"/> for that place; empty at the beginning of the log.</summary>
    public ReadOnlyMemory<byte> State => _state;

    /// <summary>Opens the index. One that is damaged in what opening reads is dropped: it then begins before the log.
    /// </summary>
    /// <param name="files">The store's port.</param>
    /// <param name="gate">See <see cref="Gate"/>.</param>
    /// <param name="memoryBytes">Most memory for entries and pages.</param>
    /// <param name="dropped">Why it was dropped; null where it was not.</param>
    public static IndexStore Open(IFileSystem files, Lock gate, long memoryBytes, out string? dropped)
    {
        var index = new IndexStore(files, gate, memoryBytes);
        try
        {
            index.Load(files);
            dropped = null;
        }
        catch (IndexDamagedException damage)
        {
            index.Dispose();
            index = new IndexStore(files, gate, memoryBytes);
            DeleteAll(files);
            dropped = damage.Message;
        }

        return index;
    }

    /// <summary>Removes every file of an index; the next opening begins anew.</summary>
    public static void DeleteAll(IFileSystem files)
    {
        // Manifests first, and durably: without one the rest means nothing.
        foreach (var name in files.List(Folder).Where(name => IndexManifest.TryParseName(name, out _)))
        {
            files.Delete($"{Folder}/{name}");
        }

        if (files.Exists(Folder))
        {
            files.SyncDirectory(Folder);
        }

        foreach (var shard in files.List(Folder))
        {
            foreach (var name in files.List($"{Folder}/{shard}"))
            {
                files.Delete($"{Folder}/{shard}/{name}");
            }

            files.Delete($"{Folder}/{shard}");
        }
    }

    /// <summary>Forgets everything, on disk and in memory: the log is about to say it again.</summary>
    public void Clear()
    {
        Abandon();
        foreach (var run in _runs.SelectMany(runs => runs))
        {
            _cache.Drop(run);
            run.Dispose();
        }

        Array.ForEach(_runs, runs => runs.Clear());
        (_memtable, _frozen) = (new Memtable(), null);
        (_place, _state) = (default, []);
        if (_files is not null)
        {
            DeleteAll(_files);
            _manifestNumber = 0;
        }
    }

    private static string PathOf(IndexTable table, long number) =>
        string.Create(
            CultureInfo.InvariantCulture, $"{Folder}/{IndexTables.FolderOf(table)}/segment-{number:D4}{Extension}");

    private void Load(IFileSystem files)
    {
        var manifest = IndexManifest.ReadNewest(files, Folder, out _manifestNumber);
        _manifestTried = _manifestNumber;
        if (manifest is null || manifest.Log.Record == 0)
        {
            // One that covers nothing was left by a replay that did not come to its end.
            DeleteAll(files);
            return;
        }

        foreach (var (table, number) in manifest.Segments)
        {
            var run = SegmentReader.Open(files, PathOf(table, number), number);
            run.OnDamage = Condemn;
            _runs[(int)table].Add(run);
            if (run.Table != table || run.Through > manifest.Log.Record)
            {
                throw new IndexDamagedException($"{run.Path} is not the segment its manifest names");
            }
        }

        (_place, _state, _nextNumber) = (manifest.Log, manifest.State.ToArray(), manifest.NextNumber);
        RemoveStrays(files, manifest);
    }

    /// <summary>Has the next opening make the index again: a page of it is damaged.</summary>
    private void Condemn()
    {
        // Only a segment calls this, so there are files.
        foreach (var name in _files!.List(Folder).Where(name => IndexManifest.TryParseName(name, out _)))
        {
            TryDelete(_files, $"{Folder}/{name}");
        }
    }

    private void RemoveStrays(IFileSystem files, IndexManifest manifest)
    {
        var kept = manifest.Segments.Select(segment => PathOf(segment.Table, segment.Number))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var name in files.List(Folder))
        {
            if (IndexManifest.TryParseName(name, out var number) ? number != _manifestNumber
                : DurableFiles.IsTemporary(name))
            {
                files.Delete($"{Folder}/{name}");
                continue;
            }

            foreach (var segment in files.List($"{Folder}/{name}"))
            {
                var path = $"{Folder}/{name}/{segment}";
                if (!kept.Contains(path))
                {
                    files.Delete(path);
                }
            }
        }
    }
}
