namespace Omega.P2P.Protocol.Ipfs;

/// <summary>Bounds of what is exchanged with IPFS software. Lengths are bytes; each names its origin.</summary>
public static class IpfsLimits
{
    /// <summary>One block. Origin: the bitswap specification ("blocks up to 2 MiB").</summary>
    public const int BlockBytes = 2 * 1024 * 1024;

    /// <summary>One bitswap message without its length prefix. Origin: the specification and the readers of boxo and
    /// Helia (4 MiB).</summary>
    public const int MessageBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of blocks after which a message of ours ends. Origin: guess; two such fit one yamux window of
    /// an older peer.</summary>
    public const int MessageTarget = 256 * 1024;

    /// <summary>Wantlist entries, and presences, in one message. Origin: guess; four times what boxo keeps per peer.
    /// </summary>
    public const int Entries = 4096;

    /// <summary>Blocks in one message. Origin: guess; 1 KiB blocks fill a message of 4 MiB.</summary>
    public const int Blocks = 4096;

    /// <summary>A CID in bytes. Origin: guess; a digest of 64 bytes and four long varints.</summary>
    public const int CidBytes = 100;

    /// <summary>Links in one dag-pb node. Origin: what fits a block of <see cref="BlockBytes"/>, rounded.</summary>
    public const int Links = 65_536;

    /// <summary>Links in a dag-pb node that we make. Origin: boxo's balanced layout, 174.</summary>
    public const int LinksMade = 174;

    /// <summary>Nodes above a leaf of a UnixFS file. Origin: guess; 174^8 leaves pass any disk.</summary>
    public const int Depth = 16;

    /// <summary>Bytes of blocks asked for, or here and not yet taken, while a file is fetched. Origin: guess; 300 MB/s
    /// over 100 ms.</summary>
    public const long BytesAhead = 32L * 1024 * 1024;

    /// <summary>The same, blocks. Origin: guess.</summary>
    public const int BlocksAhead = 256;

    /// <summary>Links in nodes under way at once while a file is fetched, about 150 bytes each. Origin: guess; 16 nodes
    /// of 16,384.</summary>
    public const int OpenLinks = 262_144;

    /// <summary>Files, links and folders below one root. Origin: what a package holds.</summary>
    public const int TreeEntries = Primitives.Artifacts.PackageManifest.PathCountMax;

    /// <summary>The header of a CAR file. Origin: guess; a thousand roots.</summary>
    public const int CarHeaderBytes = 64 * 1024;

    /// <summary>Roots in the header of a CAR file. Origin: guess.</summary>
    public const int CarRoots = 1024;

    /// <summary>One section of a CAR file: CID and block.</summary>
    public const int CarSectionBytes = BlockBytes + CidBytes;
}
