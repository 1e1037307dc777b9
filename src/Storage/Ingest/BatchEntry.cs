using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Ingest;

/// <summary>An artifact whose content is staged.</summary>
internal sealed record BatchItem(PutRequest Request, StagedContent Staged, Descriptor Descriptor)
{
    public PutResult Result(bool alreadyThere) => new(Descriptor.Key, Staged.Content, Staged.Size, alreadyThere);
}

/// <summary>An artifact on its way into the log.</summary>
/// <param name="item">Its content.</param>
/// <param name="known">Its entry so far; null where it is new.</param>
/// <param name="isAttested">Whether the brane has attested it before.</param>
/// <param name="isLive">Whether it is in force.</param>
internal sealed class BatchEntry(BatchItem item, SignedArtifact? known, bool isAttested, bool isLive)
{
    public BatchItem Item { get; } = item;

    public SignedArtifact? Known { get; } = known;

    public bool IsAttested { get; } = isAttested;

    public bool IsLive { get; } = isLive;

    /// <summary>Its entry to be; set when it is attested.</summary>
    public SignedArtifact? Entry { get; set; }

    public LogRecord.Add? Record { get; private set; }

    public LogItem Encode(Instant now)
    {
        var request = Item.Request;
        Record = new LogRecord.Add(
            ArrayOf(Entry!.Bytes), request.Audience, request.Tenant, now.UnixMs, Source: null,
            Item.Staged.InlineObjects);
        return Item.Staged.ItemOf(Record);
    }

    /// <summary>The array itself where the memory is all of one; nobody writes to it.</summary>
    private static byte[] ArrayOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var whole) && whole.Count == whole.Array!.Length
            ? whole.Array
            : bytes.ToArray();
}
