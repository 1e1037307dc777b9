using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.PublicLog;

/// <summary>
/// The body of one leaf of a domain's public log (design section 8): what the world can hold the domain to. The leaf
/// itself is only a salted commitment to these bytes (<see cref="Merkle.LogCommitment"/>), so a body is shown to those
/// who may read it and can be erased later. A closed hierarchy; encoding in canonical CBOR, layout in docs/FORMATS.md.
/// </summary>
public abstract partial record PublicRecord
{
    /// <summary>Longest body in bytes, written or read.</summary>
    public const int SizeBytesMax = 16 * 1024;

    /// <summary>Longest audience name in bytes of UTF-8.</summary>
    public const int AudienceBytesMax = 128;

    /// <summary>Most audiences one snapshot commits to, so that what a domain keeps of one fits a log record.</summary>
    public const int AudienceCountMax = 64;

    private PublicRecord()
    {
    }

    /// <summary>The audience that alone may read this body; null where every follower may.</summary>
    public string? Reader => this switch
    {
        Publish body => body.Audience,
        Unpublish body => body.Audience,
        _ => null,
    };

    /// <summary>An artifact became readable for an audience, with exactly these entry bytes.</summary>
    /// <param name="Key">The artifact.</param>
    /// <param name="Audience">Whom it was published to; only they may read this body.</param>
    /// <param name="Entry">BLAKE3 of the catalog entry's bytes: the value under the key in the published tree.</param>
    public sealed record Publish(ArtifactKey Key, string Audience, Hash256 Entry) : PublicRecord;

    /// <summary>An artifact stopped being published to an audience; readable by that audience.</summary>
    public sealed record Unpublish(ArtifactKey Key, string Audience) : PublicRecord;

    /// <summary>The domain authority manifest changed.</summary>
    /// <param name="Hash">BLAKE3 of the signed DAM's bytes.</param>
    /// <param name="Version">The DAM's version.</param>
    public sealed record Dam(Hash256 Hash, long Version) : PublicRecord;

    /// <summary>First leaf of every epoch.</summary>
    /// <param name="Number">The epoch, as in the log's origin line.</param>
    /// <param name="Record">BLAKE3 of the signed epoch record; zero for the first epoch, which needs none.</param>
    public sealed record Epoch(long Number, Hash256 Record) : PublicRecord;

    /// <summary>
    /// The state of the domain after the leaves before this one. It shows no name of an audience and no root that a
    /// reader was not given an opening for.
    /// </summary>
    /// <param name="Number">1 for the first snapshot of the domain, then one more each, across epochs.</param>
    /// <param name="Size">Index of this very leaf: the tree it speaks of has that many leaves.</param>
    /// <param name="Root">RFC 6962 root of the epoch's log at <paramref name="Size"/>.</param>
    /// <param name="Published">
    /// <see cref="AudienceOpening.Commitment"/> of each audience's published root, ascending bytewise, so that the
    /// order tells nothing.
    /// </param>
    /// <param name="DamHash">BLAKE3 of the DAM in force, as in <see cref="Dam"/>.</param>
    /// <param name="Current">Blinded root of the local CURRENT, <see cref="BlindedRoot.OfCurrent"/>.</param>
    /// <param name="TimeUnixMs">The domain's own clock when it was taken; a claim.</param>
    public sealed record Snapshot(
        long Number,
        long Size,
        Hash256 Root,
        IReadOnlyList<Hash256> Published,
        Hash256 DamHash,
        Hash256 Current,
        long TimeUnixMs) : PublicRecord
    {
        /// <summary>Whether this snapshot commits to the root an opening states.</summary>
        public bool CommitsTo(AudienceOpening opening)
        {
            ArgumentNullException.ThrowIfNull(opening);
            return Published.Contains(opening.Commitment());
        }

        /// <summary>Equal when all fields and the commitments in order are.</summary>
        public bool Equals(Snapshot? other) =>
            other is not null && Number == other.Number && Size == other.Size && Root == other.Root
            && DamHash == other.DamHash && Current == other.Current && TimeUnixMs == other.TimeUnixMs
            && Published.SequenceEqual(other.Published);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Number, Size, Root, DamHash, Current, TimeUnixMs);
    }
}
