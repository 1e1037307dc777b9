using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Ingest;

/// <summary>What an import brings for one audience. Contents taken whole share blocks; the few that fill none ride in
/// the log. Thread-safe but for what only <see cref="ImportBatch"/> touches.</summary>
internal sealed class ImportClass(StoreCore core, ClassUse use, DomainStore store)
{
    private readonly Lock _gate = new();
    private readonly HashSet<ContentId> _brought = [];
    private readonly List<StagedContent> _staged = [];
    private readonly List<InlineBytes> _held = [];
    private BlockSink? _small;
    private BlockSink? _large;
    private BlockSink? _lists;
    private long _heldBytes;

    public ClassUse Use => use;

    /// <summary>Every content that shall be kept in the end, with its size.</summary>
    public Dictionary<ContentId, long> Contents { get; } = [];

    /// <summary>Those of them that are here already, for other audiences.</summary>
    public List<ContentId> Local { get; } = [];

    /// <summary>Those that come in groups.</summary>
    public List<ContentImport> Imports { get; } = [];

    /// <summary>Contents whose bytes are staged; complete once <see cref="Finish"/> was called.</summary>
    public IReadOnlySet<ContentId> Brought => _brought;

    public IReadOnlyList<StagedContent> Staged => _staged;

    /// <summary>What rides in the log, small contents and the lists of large ones.</summary>
    public IEnumerable<InlineBytes> Inline => _held.Concat(_staged.SelectMany(staged => staged.Inline));

    public IEnumerable<BlockSink> Sinks =>
        Shared.Concat(_staged.SelectMany(staged => staged.Sinks));

    private IEnumerable<BlockSink> Shared => new[] { _small, _large, _lists }.OfType<BlockSink>();

    /// <summary>Whether anything of a content was ever here.</summary>
    public bool IsKnown(ContentId content)
    {
        lock (core.State)
        {
            return core.IsKnown(content);
        }
    }

    public void AddSmall(StagedContent staged)
    {
        lock (_gate)
        {
            _brought.Add(staged.Content);
            if (staged.Inline.Count == 0)
            {
                _staged.Add(staged); // it came here meanwhile: relied on until the end
                return;
            }

            _held.AddRange(staged.Inline);
            _heldBytes += staged.Size;
            if (_heldBytes >= core.Limits.SmallBlockTarget)
            {
                FlushSmall();
            }
        }
    }

    /// <summary>Cuts a content that is too large for the log.</summary>
    public void AddCut(ContentId content, ReadOnlySpan<byte> bytes)
    {
        var builder = new OutboardBuilder();
        builder.Update(bytes);
        var outboard = builder.Finish(out var root);
        if (root != content.Hash)
        {
            throw ImportBatch.WrongContent(ContentId.From(root), content);
        }

        var chunks = new List<(Hash256 Id, int Length)>();
        for (var rest = bytes; !rest.IsEmpty; rest = rest[chunks[^1].Length..])
        {
            var length = FastCdc.Cut(rest, isLast: true);
            chunks.Add((Blake3.Hash(rest[..length]), length));
        }

        lock (_gate)
        {
            _large ??= new BlockSink(
                core, use.Class.Tag, core.Limits.LargeBlockTarget, store.SealingEach(core.Limits.UnsyncedBlocksMax));
            var placer = new ChunkPlacer(core, use, _large);
            placer.Place(bytes, [.. chunks]);
            _staged.Add(placer.Finish(content, bytes.Length, outboard));
            _brought.Add(content);
        }
    }

    /// <summary>Ends all contents; nothing is brought any more.</summary>
    public void Finish()
    {
        foreach (var import in Imports)
        {
            _staged.Add(import.Finish());
            _brought.Add(import.Content);
        }

        foreach (var content in Local)
        {
            using var writer = new ContentWriter(core, use);
            using var reader = store.OpenContent(content);
            reader.CopyTo(writer.Write);
            _staged.Add(writer.Finish());
            _brought.Add(content);
        }

        if (_small is not null)
        {
            FlushSmall();
        }

        MoveLists();
        foreach (var sink in Shared)
        {
            sink.Close();
            sink.EndEarly();
        }
    }

    /// <summary>The blocks belong to the store now.</summary>
    public void Keep()
    {
        _staged.ForEach(staged => staged.Keep());
        foreach (var sink in Shared)
        {
            sink.Release();
        }

        _small = _large = _lists = null;
    }

    /// <summary>Drops what was not kept, and lets go of what was relied on.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            foreach (var staged in _staged)
            {
                staged.Discard();
                staged.Release();
            }

            foreach (var sink in Shared)
            {
                sink.Discard();
            }

            _small = _large = _lists = null;
            _staged.Clear();
            _held.Clear();
        }
    }

    /// <summary>The lists of many large contents would crowd the log.</summary>
    private void MoveLists()
    {
        if (_staged.Sum(staged => staged.Inline.Sum(inline => (long)inline.Bytes.Length))
            < core.Limits.SmallBlockTarget)
        {
            return;
        }

        _lists = new BlockSink(core, use.Class.Lists.Tag, core.Limits.SmallBlockTarget);
        foreach (var staged in _staged)
        {
            foreach (var inline in staged.Inline)
            {
                _lists.Add(inline.Object.Id, inline.Object.Codec, inline.Bytes);
            }

            staged.Inline = [];
        }
    }

    private void FlushSmall()
    {
        _small ??= new BlockSink(
            core, use.Class.Tag, core.Limits.SmallBlockTarget, store.SealingEach(core.Limits.UnsyncedBlocksMax));
        foreach (var held in _held)
        {
            _small.Add(held.Object.Id, held.Object.Codec, held.Bytes);
        }

        _held.Clear();
        _heldBytes = 0;
    }
}
