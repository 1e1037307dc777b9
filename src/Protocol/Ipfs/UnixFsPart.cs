namespace Omega.P2P.Protocol.Ipfs;

/// <summary>One thing a <see cref="UnixFsWalk"/> hands out, in the order of the tree. Closed.</summary>
public abstract record UnixFsPart
{
    private UnixFsPart()
    {
    }

    /// <summary>A file begins; its <see cref="Bytes"/> and one <see cref="FileEnd"/> follow.</summary>
    /// <param name="Path">Names with <c>/</c> between; empty where the root is a file. Not checked beyond being one
    /// name for each folder.</param>
    /// <param name="Size">Bytes, as its own node says; every one of them will come, or an error.</param>
    public sealed record File(string Path, long Size) : UnixFsPart;

    /// <summary>The next bytes of the file; at least one.</summary>
    /// <param name="Data">As they were given.</param>
    public sealed record Bytes(ReadOnlyMemory<byte> Data) : UnixFsPart;

    /// <summary>All bytes of the file have come.</summary>
    public sealed record FileEnd : UnixFsPart;

    /// <summary>A folder; what is in it follows. Not told of the root.</summary>
    /// <param name="Path">As of a file.</param>
    public sealed record Folder(string Path) : UnixFsPart;

    /// <summary>A symbolic link.</summary>
    /// <param name="Path">As of a file.</param>
    /// <param name="Target">Where it leads; anything.</param>
    public sealed record Link(string Path, string Target) : UnixFsPart;
}
