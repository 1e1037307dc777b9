using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>What one want is answered with.</summary>
public enum BitswapAnswerKind
{
    /// <summary>We have it.</summary>
    Have,

    /// <summary>We do not have it for you.</summary>
    DontHave,

    /// <summary>The block itself.</summary>
    Block,
}

/// <summary>One answer to a peer's want.</summary>
/// <param name="Cid">As the peer spelled it.</param>
/// <param name="Kind">Which.</param>
public readonly record struct BitswapAnswer(Cid Cid, BitswapAnswerKind Kind);
