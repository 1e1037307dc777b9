namespace Omega.P2P.Protocol.Ipfs;

/// <summary>Why a CID does not lead to a file or folder.</summary>
public enum UnixFsError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A codec other than raw and dag-pb: nothing with bytes of a file.</summary>
    UnsupportedCodec,

    /// <summary>A hash function we do not compute, so its blocks cannot be checked.</summary>
    UnsupportedHash,

    /// <summary>A block that is no dag-pb node, or whose data is no UnixFS.</summary>
    NotUnixFs,

    /// <summary>A block holds more or less of the file than the node above it says.</summary>
    WrongSize,

    /// <summary>A folder or link inside a file, or a name that no folder may hold.</summary>
    BadTree,

    /// <summary>More than <see cref="IpfsLimits.Depth"/> nodes above each other, or folders in each other.</summary>
    TooDeep,

    /// <summary>More than <see cref="IpfsLimits.OpenLinks"/> links in nodes that are under way at once.</summary>
    TooWide,

    /// <summary>More than <see cref="IpfsLimits.TreeEntries"/> files, links and folders.</summary>
    TooManyEntries,
}
