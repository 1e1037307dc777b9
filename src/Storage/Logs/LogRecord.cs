using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Logs;

/// <summary>An object among a record's inline bytes, which lie in the order of this list.</summary>
internal readonly record struct InlineObject(Hash256 Id, BlockCodec Codec, int Length);

/// <summary>
/// What the local log can say. Encoded as canonical CBOR maps; the field names are in <c>docs/FORMATS.md</c>. Closed:
/// a new kind needs a case here, in the codec and in replay.
/// </summary>
internal abstract record LogRecord
{
    private LogRecord()
    {
    }

    /// <summary>A version of the domain authority manifest; the first record of every log is version 1 with the name.
    /// The signed bytes ride inline and stay there.</summary>
    public sealed record Dam(string Name, Hash256 Hash, int Length, byte[]? Leaf) : LogRecord;

    /// <summary>An artifact of this domain, or with a source one taken over from another. The same key again replaces
    /// the entry (its attestations may have grown).</summary>
    public sealed record Add(
        byte[] Entry,
        string Audience,
        string? Tenant,
        long AtMs,
        DomainId? Source,
        IReadOnlyList<InlineObject> Inline) : LogRecord;

    /// <summary>Bytes of a known content in a further class: an audience was widened.</summary>
    public sealed record Copy(string Audience, string? Tenant, IReadOnlyList<InlineObject> Inline) : LogRecord;

    /// <summary>Blocks that are complete and named. With <paramref name="Moved"/>, they hold all inline bytes of that
    /// class up to the record <paramref name="Through"/>.</summary>
    public sealed record Seal(IReadOnlyList<BlockId> Blocks, ClassTag? Moved, long Through) : LogRecord;

    /// <summary>The bytes of these blocks go; directories stay.</summary>
    public sealed record Evict(IReadOnlyList<BlockId> Blocks, IReadOnlyList<ArtifactKey> Keys, long AtMs) : LogRecord;

    /// <summary>The bytes of these blocks are back.</summary>
    public sealed record Rehydrate(IReadOnlyList<BlockId> Blocks, IReadOnlyList<ArtifactKey> Keys, long AtMs)
        : LogRecord;

    /// <summary>Blocks whose contents all lie elsewhere; directories go as well.</summary>
    public sealed record Drop(IReadOnlyList<BlockId> Blocks) : LogRecord;

    /// <summary>An artifact joins an audience's published set, or leaves it.</summary>
    public sealed record Publish(ArtifactKey Key, string Audience, bool IsWithdrawn, long AtMs, byte[] Leaf)
        : LogRecord;

    /// <summary>An artifact is live no longer. Its bytes go later, when nothing keeps them; that it was here stays in
    /// history. Carries whose it was and who could see it, so that the note itself is shown to no one else.</summary>
    public sealed record Tombstone(ArtifactKey Key, DomainId? Source, string Audience, string? Reason, long AtMs)
        : LogRecord;

    /// <summary>A named pin on an artifact's bytes, or its end.</summary>
    public sealed record Pin(ArtifactKey Key, string Name, bool IsRemoved, long AtMs) : LogRecord;

    /// <summary>A legal hold: neither removal nor retention nor eviction touches the artifact before its
    /// release.</summary>
    public sealed record Hold(ArtifactKey Key, string Name, string? Reason, bool IsReleased, long AtMs) : LogRecord;

    /// <summary>A retention rule, in the place of an earlier one for the same brane and type; empty ends it.</summary>
    public sealed record Retain(RetentionRule Rule, long AtMs) : LogRecord;

    /// <summary>Whatever nothing kept when this record was written may be collected once the domain has been open for
    /// the grace period after <paramref name="RunningMs"/>, counted over all of its openings.</summary>
    public sealed record Mark(long RunningMs, long AtMs) : LogRecord;

    /// <summary>A leaf of the public log that changes nothing here: what a new epoch says again.</summary>
    public sealed record PublicLeaf(byte[] Bytes) : LogRecord;

    /// <summary>A snapshot leaf of the public log.</summary>
    public sealed record Snapshot(long Number, long AtMs, byte[] Leaf) : LogRecord;

    /// <summary>A new epoch of the public log, by the owner's signed record.</summary>
    public sealed record Epoch(long Number, Hash256 Hash, int Length, byte[]? Leaf, long AtMs) : LogRecord;

    /// <summary>Another digest of a content's bytes; <paramref name="Algorithm"/> is <c>sha256</c>.</summary>
    public sealed record Alias(string Algorithm, Hash256 Digest, ContentId Content) : LogRecord;

    /// <summary>What the metadata of a kind must be from here on: a JSON Schema, which rides inline and stays there;
    /// of length 0 the kind is free again.</summary>
    public sealed record Schema(string Type, Hash256 Hash, int Length, long AtMs) : LogRecord;
}
