using System.Globalization;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// What an import that was cut off has left: chunks in order, groups proven, and the files of blocks that were not
/// sealed. All of it may be wrong: whoever uses it looks. Not thread-safe.
/// </summary>
internal sealed class ImportProgress : IDisposable
{
    private readonly IFileSystem _files;
    private readonly IReadOnlyList<string> _stems;
    private readonly Dictionary<int, int> _ends = [];
    private int _openBlock;
    private IFile? _open;

    private ImportProgress(IFileSystem files, IReadOnlyList<string> stems)
    {
        _files = files;
        _stems = stems;
    }

    public List<ImportedChunk> Chunks { get; } = [];

    public List<Hash256> Cvs { get; } = [];

    /// <summary>Bytes below this offset may have come.</summary>
    public long Seen { get; private set; }

    public int NextGeneration { get; private init; } = 1;

    /// <summary>Whether there is anything.</summary>
    public bool IsAny => _stems.Count > 0;

    /// <summary>Of several generations the oldest counts: a newer one takes its place only when it is as far, and it
    /// goes then.</summary>
    public static ImportProgress Read(IFileSystem files, ContentId content, ClassTag tag, long size)
    {
        var prefix = $"{content.Hash}-{tag}.";
        const string Suffix = ".part";
        var generations = files.List(ImportJournal.Folder)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal)
                && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[prefix.Length..^Suffix.Length])
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var g) ? g : 0)
            .Where(generation => generation > 0).Order().ToList();
        var stems = generations.ConvertAll(generation => ImportJournal.StemOf(content, tag, generation));
        var progress = new ImportProgress(files, stems)
        {
            NextGeneration = generations.Count == 0 ? 1 : generations[^1] + 1,
        };
        if (stems.Count > 0)
        {
            progress.Read(stems[0], ImportFrame.Head(content, tag, size));
        }

        return progress;
    }

    /// <summary>The bytes of the next chunk of <see cref="Chunks"/> that lies in a block which was not sealed; false
    /// where they are not there, or not those. Chunks are asked for in order, none left out.</summary>
    public bool TryReadNext(ImportedChunk chunk, Span<byte> bytes)
    {
        var offset = BlockDirectory.Place(_ends.GetValueOrDefault(chunk.Block), chunk.Length);
        _ends[chunk.Block] = offset + chunk.Length;
        return TryOpen(chunk.Block) && _open!.ReadAt(offset, bytes) == bytes.Length && Blake3.Hash(bytes) == chunk.Id;
    }

    /// <summary>The same for one whose bytes are found elsewhere.</summary>
    public void Skip(ImportedChunk chunk)
    {
        if (chunk.Block > 0)
        {
            _ends[chunk.Block] =
                BlockDirectory.Place(_ends.GetValueOrDefault(chunk.Block), chunk.Length) + chunk.Length;
        }
    }

    /// <summary>Removes all that was left.</summary>
    public void Delete()
    {
        Dispose();
        foreach (var stem in _stems)
        {
            ImportJournal.Delete(_files, stem);
        }
    }

    public void Dispose()
    {
        _open?.Dispose();
        _open = null;
        _openBlock = 0;
    }

    private void Read(string stem, byte[] head)
    {
        byte[] bytes;
        using (var file = _files.Open($"{stem}.part", FileOpenMode.Read))
        {
            bytes = new byte[file.Length];
            bytes = bytes[..file.ReadAt(0, bytes)];
        }

        if (!bytes.AsSpan().StartsWith(head))
        {
            return;
        }

        ReadOnlySpan<byte> rest = bytes.AsSpan(head.Length);
        var seen = 0L;
        while (ImportFrame.TryTake(ref rest, Chunks, Cvs, ref seen))
        {
            Seen = seen;
        }
    }

    private bool TryOpen(int block)
    {
        if (_open is not null && _openBlock == block)
        {
            return true;
        }

        Dispose();
        try
        {
            _open = _files.Open(ImportJournal.PathOf(_stems[0], block), FileOpenMode.Read);
            _openBlock = block;
            return true;
        }
        catch (FileNotFoundException)
        {
            return false; // sealed since, and collected since
        }
    }
}
