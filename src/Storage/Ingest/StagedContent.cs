using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// A content whose bytes are written or found, but neither durable nor visible. Ends in either a commit of its records
/// after <see cref="Seal"/>, or <see cref="Discard"/>; then <see cref="Release"/>.
/// </summary>
internal sealed class StagedContent(StoreCore core, StorageClass contents, ContentId content, long size)
{
    private readonly List<Hash256> _pins = [];
    private byte[]? _unsettled;
    private bool _isKept;

    public StorageClass Class { get; } = contents;

    public ContentId Content { get; } = content;

    public long Size { get; } = size;

    /// <summary>Objects for the log.</summary>
    public IReadOnlyList<InlineBytes> Inline { get; set; } = [];

    /// <summary>Blocks written, of contents and of lists.</summary>
    public IReadOnlyList<BlockSink> Sinks { get; set; } = [];

    /// <summary>Whether the content is one object that may ride in the log, not a list of chunks.</summary>
    public bool IsSmall => Sinks.Count == 0;

    /// <summary>Whether every byte was already kept for this class.</summary>
    public bool IsAllKept => Inline.Count == 0 && Sinks.All(
        sink => sink.Blocks.Count == 0 && sink.SealedEarly.Count == 0);

    /// <summary>Blocks of it that the log knows already.</summary>
    public IEnumerable<BlockId> SealedEarly => Sinks.SelectMany(sink => sink.SealedEarly);

    public IReadOnlyList<InlineObject> InlineObjects => [.. Inline.Select(inline => inline.Object)];

    /// <summary>A small content of which nobody has looked yet whether the store has it: see <see cref="Settle"/>.
    /// </summary>
    public static StagedContent Unsettled(StoreCore core, StorageClass contents, byte[] bytes) =>
        new(core, contents, ContentId.Of(bytes), bytes.Length) { _unsettled = bytes };

    /// <summary>Relies on the bytes that the store has, or has these ride in the log. Under the state lock.</summary>
    /// <param name="usable">Classes whose bytes may serve.</param>
    public void Settle(IReadOnlyCollection<ClassTag> usable)
    {
        if (_unsettled is not { Length: > 0 } bytes)
        {
            return;
        }

        _unsettled = null;
        if (core.IsKept(Content.Hash, BlockCodec.Raw, usable))
        {
            core.Pin(Content.Hash);
            _pins.Add(Content.Hash);
        }
        else
        {
            Inline = [new InlineBytes(new InlineObject(Content.Hash, BlockCodec.Raw, bytes.Length), bytes)];
        }
    }

    /// <summary>Takes over pins to be released at the end.</summary>
    public void Hold(IEnumerable<Hash256> pins) => _pins.AddRange(pins);

    /// <summary>Makes all blocks durable and named.</summary>
    public void Seal() => BlockSink.SealAll(core, Sinks);

    /// <summary>Records that make blocks known, to be committed before the artifact's own.</summary>
    public static IEnumerable<LogItem> SealItems(IEnumerable<BlockSink> sinks) =>
        sinks.SelectMany(sink => sink.Ids()).Chunk(LogRecordCodec.BlocksMax)
            .Select(ids => new LogItem(LogRecordCodec.Encode(new LogRecord.Seal(ids, null, 0)), []));

    /// <summary>A record together with the bytes that ride beside it.</summary>
    public LogItem ItemOf(LogRecord record)
    {
        var encoded = LogRecordCodec.Encode(record);
        // The check of a single object's bytes begins its name.
        return Inline is [{ Object.Codec: BlockCodec.Raw } one]
            ? new LogItem(encoded, one.Bytes) { InlineCheck = LogFrame.CheckFrom(one.Object.Id) }
            : new LogItem(encoded, InlineConcatenated());
    }

    /// <summary>Takes the committed objects into the indexes. Under the state lock.</summary>
    public void Apply(long inlineRecord)
    {
        foreach (var block in Sinks.SelectMany(sink => sink.Blocks))
        {
            core.Chunks.Add(block.Id, block.Directory, isHere: true);
        }

        var tag = Class.Tag;
        var listTag = Class.Lists.Tag;
        foreach (var inline in Inline)
        {
            var own = inline.Object.Codec == BlockCodec.Raw ? tag : listTag;
            core.Pending.Add(new(inline.Object.Id, inline.Object.Codec, own, inlineRecord, inline.Bytes));
        }
    }

    /// <summary>The blocks belong to the store now; <see cref="Discard"/> leaves them alone.</summary>
    public void Keep() => _isKept = true;

    /// <summary>Removes what was written and not named; nothing after <see cref="Keep"/>. Named blocks that no record
    /// mentions are removed on the next opening.</summary>
    public void Discard()
    {
        if (_isKept)
        {
            return;
        }

        foreach (var sink in Sinks)
        {
            sink.Discard();
        }
    }

    /// <summary>Lets go of what was relied on.</summary>
    public void Release()
    {
        foreach (var sink in Sinks)
        {
            sink.Release();
        }

        if (_pins.Count == 0)
        {
            return;
        }

        lock (core.State)
        {
            foreach (var pin in _pins)
            {
                core.Unpin(pin);
            }
        }

        _pins.Clear();
    }

    private byte[] InlineConcatenated()
    {
        var bytes = new byte[Inline.Sum(inline => inline.Bytes.Length)];
        var at = 0;
        foreach (var inline in Inline)
        {
            inline.Bytes.CopyTo(bytes, at);
            at += inline.Bytes.Length;
        }

        return bytes;
    }
}
