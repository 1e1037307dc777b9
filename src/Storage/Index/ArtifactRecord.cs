using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Index;

/// <summary>One artifact of one domain as the index has it: a copy, changed through <see cref="ArtifactIndex"/> alone.
/// </summary>
internal sealed class ArtifactRecord
{
    private byte[]? _entry;

    public required ArtifactKey Key { get; init; }

    public required ContentId Content { get; init; }

    public required long Size { get; init; }

    public required string Type { get; init; }

    public required string Brane { get; init; }

    public required DomainId Domain { get; init; }

    public required long CreatedMs { get; init; }

    public required string Audience { get; set; }

    public required string? Tenant { get; init; }

    /// <summary>Whether it refers to other artifacts in the clear.</summary>
    public required bool HasRefs { get; init; }

    /// <summary>BLAKE3 of the catalog entry.</summary>
    public required Hash256 EntryHash { get; set; }

    /// <summary>The log record that carries the entry.</summary>
    public required LogSpot Spot { get; set; }

    /// <summary>The catalog entry, read from the log when first asked for.</summary>
    public byte[] Entry => _entry ??= Source!.Read(Spot, EntryHash); // The index sets the source of all it hands out.

    /// <summary>Where entries come from.</summary>
    public EntrySource? Source { get; set; }

    /// <summary>Whether its bytes were given up: they may go with any block, though some may be here for another's
    /// sake.
    /// </summary>
    public bool IsEvicted { get; set; }

    /// <summary>When it was removed, Unix milliseconds; null where it is live.</summary>
    public long? RemovedMs { get; set; }

    public bool IsLive => RemovedMs is null;

    public SortedSet<string> Published { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>Reads catalog entries out of the log's records, by place.</summary>
internal sealed class EntrySource
{
    /// <summary>The log, once it is open.</summary>
    public LocalLog? Log { get; set; }

    /// <exception cref="StoreDamagedException">The record is not the one with that entry.</exception>
    public byte[] Read(LogSpot spot, Hash256 entryHash)
    {
        var log = Log ?? throw new InvalidOperationException("entries are read only once the log is open");
        return LogRecordCodec.TryDecode(log.Read(spot), out var record) && record is LogRecord.Add add
            && Blake3.Hash(add.Entry) == entryHash
                ? add.Entry
                : throw new StoreDamagedException($"log record {spot.Number} does not hold the entry it should");
    }
}
