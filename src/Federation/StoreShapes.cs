using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation;

/// <summary>Why the store could not.</summary>
public enum StoreFault
{
    /// <summary>Anything else, such as an I/O error.</summary>
    Other,

    /// <summary>The disk is full.</summary>
    NoRoom,

    /// <summary>No such artifact or content.</summary>
    NotFound,

    /// <summary>Known, but its bytes are not here.</summary>
    NotHere,

    /// <summary>The bytes written do not hash to what was promised.</summary>
    WrongBytes,

    /// <summary>The domain is read-only (law 9).</summary>
    ReadOnly,
}

/// <summary>A hash that peers ask bytes by: of an artifact's content or chunk, or of a block.</summary>
public readonly record struct ContentTarget(TargetKind Kind, Hash256 Hash);

/// <summary>Who published something, to whom; <c>internal</c> is never listed.</summary>
public readonly record struct Publication(DomainId Domain, string Audience);

/// <summary>What the store knows of a <see cref="ContentTarget"/>.</summary>
/// <param name="Size">Its length in bytes; -1 when unknown here.</param>
/// <param name="IsLocal">All its bytes can be read here and now.</param>
/// <param name="Readers">
/// One list per thing inside (a content: itself; a block: every content in it), each with the publications that make
/// it readable. A peer may read the target when it may read every thing inside; an empty outer list is for nobody.
/// </param>
public sealed record ContentStatus(long Size, bool IsLocal, IReadOnlyList<IReadOnlyList<Publication>> Readers)
{
    /// <summary>Nothing known.</summary>
    public static ContentStatus Unknown { get; } = new(-1, false, []);
}

/// <summary>Ranges of one content or block that a peer may have.</summary>
/// <param name="Target">Which.</param>
/// <param name="Ranges">Inside the size.</param>
/// <param name="Size">The whole's length; below zero: the peer is refused.</param>
public readonly record struct ManyServing(ContentTarget Target, IReadOnlyList<WireRange> Ranges, long Size)
{
    /// <summary>Whether the uniform refusal goes out in its place.</summary>
    public bool IsRefused => Size < 0;
}

/// <summary>A verified catalog entry of a domain, and the audience it was published to.</summary>
public readonly record struct ImportedEntry(ReadOnlyMemory<byte> Entry, string Audience);

/// <summary>
/// Ranges of one content that a transfer still needs.
/// </summary>
/// <param name="Content">What to ask peers for; its bao root.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Ranges">The missing ranges, ascending, apart, at least one.</param>
/// <param name="Sink">Takes verified bytes; one pump at a time.</param>
/// <param name="IsRequired">False for what would only be nice: the transfer completes without it.</param>
public sealed record WantedContent(
    ContentId Content, long Size, IReadOnlyList<WireRange> Ranges, IVerifiedSink Sink, bool IsRequired = true);
