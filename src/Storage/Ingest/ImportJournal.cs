using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// What a content under way from the mesh is made of so far, so that a killed import goes on where it was: a hint, of
/// which every line is held against the bytes before it is used. Files in <c>imports/</c>, named by content, class and
/// a generation: the journal, and the blocks being filled. It is synced when a block is sealed, so a power loss costs
/// what was not; the death of the process alone costs what was in memory. The form is in <c>docs/FORMATS.md</c>. Safe
/// for use from several threads.
/// </summary>
internal sealed class ImportJournal : IChunkTrail, IDisposable
{
    public const string Folder = "imports";

    private readonly IFileSystem _files;
    private readonly string _stem;
    private readonly Lock _gate = new();
    private readonly List<ImportedChunk> _listed = [];
    private readonly Queue<int> _unplaced = [];
    private IFile? _file;
    private bool _isNamed;
    private int _block;
    private long _seen;

    private ImportJournal(IFileSystem files, string stem, IFile file)
    {
        _files = files;
        _stem = stem;
        _file = file;
    }

    /// <summary>Begins a journal of the next generation.</summary>
    public static ImportJournal Create(IFileSystem files, ContentId content, ClassTag tag, long size, int generation)
    {
        files.CreateDirectory(Folder);
        var stem = StemOf(content, tag, generation);

        // A power loss may have taken a journal of that name and left blocks of it.
        Delete(files, stem);
        var file = files.Open($"{stem}.part", FileOpenMode.CreateNew);
        file.Append(ImportFrame.Head(content, tag, size));
        return new ImportJournal(files, stem, file);
    }

    public static string StemOf(ContentId content, ClassTag tag, int generation) =>
        FormattableString.Invariant($"{Folder}/{content.Hash}-{tag}.{generation}");

    public string NextBlockPath()
    {
        lock (_gate)
        {
            // The block before is full: what is in it is written down before it is sealed.
            Write([]);
            return PathOf(_stem, ++_block);
        }
    }

    public static string PathOf(string stem, int block) => FormattableString.Invariant($"{stem}.{block}.blk");

    public void OnListed(Hash256 id, int length, bool isNew)
    {
        lock (_gate)
        {
            if (isNew)
            {
                _unplaced.Enqueue(_listed.Count);
            }

            _listed.Add(new ImportedChunk(id, length, Block: 0));
        }
    }

    public void OnPlaced(int count)
    {
        lock (_gate)
        {
            while (count-- > 0)
            {
                var index = _unplaced.Dequeue();
                _listed[index] = _listed[index] with { Block = _block };
            }
        }
    }

    /// <summary>Writes down the chunks placed since the last time, and groups proven.</summary>
    public void Append(IReadOnlyList<Hash256> cvs)
    {
        lock (_gate)
        {
            Write(cvs);
        }
    }

    /// <summary>Makes durable what was written down.</summary>
    public void Sync()
    {
        lock (_gate)
        {
            if (_file is null)
            {
                return;
            }

            _file.Sync();
            if (!_isNamed)
            {
                _files.SyncDirectory(Folder);
                _files.SyncDirectory("");
                _isNamed = true;
            }
        }
    }

    /// <summary>Writes down that bytes up to an offset may have come.</summary>
    public void AppendSeen(long end)
    {
        lock (_gate)
        {
            if (end > _seen)
            {
                _seen = end;
                _file?.Append(ImportFrame.Of(_seen, [], []));
            }
        }
    }

    /// <summary>The content is here, or what was written down is wrong: all of it goes.</summary>
    public void Delete()
    {
        Dispose();
        Delete(_files, _stem);
    }

    /// <summary>Removes a generation.</summary>
    public static void Delete(IFileSystem files, string stem)
    {
        var name = stem[(Folder.Length + 1)..] + ".";
        foreach (var found in files.List(Folder).Where(found => found.StartsWith(name, StringComparison.Ordinal)))
        {
            files.Delete($"{Folder}/{found}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private void Write(IReadOnlyList<Hash256> cvs)
    {
        var count = _unplaced.TryPeek(out var first) ? first : _listed.Count;
        if (count + cvs.Count > 0)
        {
            _file?.Append(ImportFrame.Of(_seen, CollectionsMarshal.AsSpan(_listed)[..count], cvs));
        }

        _listed.RemoveRange(0, count);
        for (var left = _unplaced.Count; left > 0; left--)
        {
            _unplaced.Enqueue(_unplaced.Dequeue() - count);
        }
    }
}

/// <summary>A chunk of a content that is being imported.</summary>
/// <param name="Id">Which.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Block">The number of the block it was written to; 0: it is kept elsewhere, or earlier in the content.
/// </param>
internal readonly record struct ImportedChunk(Hash256 Id, int Length, int Block);
