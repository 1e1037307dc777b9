namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>What a hash on <c>/omega/blocks/1</c> is the BLAKE3 of. The numbers are on the wire.</summary>
public enum TargetKind
{
    /// <summary>An artifact's content, or a chunk of one.</summary>
    Content = 0,

    /// <summary>A sealed block.</summary>
    Block = 1,
}
