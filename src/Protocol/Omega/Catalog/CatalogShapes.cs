using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Protocol.Omega.Catalog;

/// <summary>One readable body of a public-log leaf.</summary>
/// <param name="Index">Leaf number in its epoch.</param>
/// <param name="Salt">The commitment's salt, 32 bytes.</param>
/// <param name="Body">Canonical CBOR, at most <see cref="OmegaLimits.BodyBytes"/>.</param>
public sealed record LeafBody(long Index, ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> Body);

/// <summary>A signed head with all that makes it checkable.</summary>
/// <param name="Note">The C2SP signed note, as signed.</param>
/// <param name="Snapshot">Index, salt and body of the newest snapshot leaf that the head covers.</param>
/// <param name="Inclusion">That leaf's inclusion proof at the head's size.</param>
/// <param name="Consistency">Proof from the size the asker holds; empty when it holds none in this epoch.</param>
/// <param name="Openings">Openings for the audiences the asker belongs to.</param>
/// <param name="EpochRecords">Signed epoch records after the asker's epoch, oldest first.</param>
public sealed record HeadBundle(
    ReadOnlyMemory<byte> Note,
    LeafBody Snapshot,
    IReadOnlyList<Hash256> Inclusion,
    IReadOnlyList<Hash256> Consistency,
    IReadOnlyList<AudienceOpening> Openings,
    IReadOnlyList<ReadOnlyMemory<byte>> EpochRecords);
