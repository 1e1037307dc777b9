using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Recovery;

/// <summary>How much of the disk a verification reads.</summary>
public enum VerifyDepth
{
    /// <summary>The log, and the directories of all blocks.</summary>
    Structure,

    /// <summary>Also every byte of every block that is here.</summary>
    Bytes,
}

/// <summary>How far a verification is. Bytes.</summary>
public readonly record struct VerifyProgress(long Done, long Total);

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Code"><c>block-damaged</c>, <c>block-missing</c>, <c>directory-damaged</c>, <c>log-damaged</c>,
/// <c>history-damaged</c>.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Block">The block, where it is one.</param>
/// <param name="Artifacts">Artifacts whose bytes are hit.</param>
public sealed record VerifyFinding(string Code, string Message, BlockId? Block, IReadOnlyList<ArtifactKey> Artifacts);
