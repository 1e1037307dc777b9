using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Node.Ipfs;

/// <summary>Where the blocks of a tree come from: a file, or peers.</summary>
internal interface IBlockSupply
{
    /// <summary>Gives the walk at least one block that it waits for, each held against its CID.</summary>
    /// <exception cref="Output.OmegaException">None can be had.</exception>
    void Supply(UnixFsWalk walk, CancellationToken cancel);
}
