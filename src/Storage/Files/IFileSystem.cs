namespace Omega.P2P.Storage.Files;

/// <summary>
/// The one narrow port through which the store reaches bytes (design section 7). Paths are relative to the
/// port's root, use <c>/</c>, and never contain <c>..</c>. Implementations: the disk (Node), a faulty disk in
/// memory (tests, simulations). Environment failures surface as <see cref="IOException"/>; a full disk as
/// <see cref="DiskFullException"/>. Implementations are safe for use from several threads.
/// </summary>
public interface IFileSystem
{
    /// <summary>Opens a file. The handle's offset-based calls may run concurrently, except appends.</summary>
    /// <exception cref="FileNotFoundException">The file is absent and the mode is not a creating one.</exception>
    IFile Open(string path, FileOpenMode mode);

    /// <summary>Creates a folder and its missing parents; durable once its parent is synced.</summary>
    void CreateDirectory(string path);

    /// <summary>Names (not paths) in a folder, in ordinal order; empty where the folder is absent.</summary>
    IReadOnlyList<string> List(string path);

    /// <summary>Whether a file or folder is there.</summary>
    bool Exists(string path);

    /// <summary>Length of a file in bytes.</summary>
    /// <exception cref="FileNotFoundException">The file is absent.</exception>
    long Length(string path);

    /// <summary>Moves a file to a name that must be free. Durable after both folders are synced.</summary>
    /// <exception cref="IOException">The target exists.</exception>
    void RenameNoReplace(string from, string to);

    /// <summary>Gives a file a second name, which must be free.</summary>
    void Link(string existing, string name);

    /// <summary>Removes a file or an empty folder; nothing happens where it is absent.</summary>
    void Delete(string path);

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    void SyncDirectory(string path);

    /// <summary>Bytes that may still be written on the device.</summary>
    long FreeSpace();

    /// <summary>Takes an exclusive lock until disposal or death of the process; null where it is held.</summary>
    IDisposable? TryLock(string path);
}

/// <summary>How <see cref="IFileSystem.Open"/> treats presence and access.</summary>
public enum FileOpenMode
{
    /// <summary>Must exist; reads only.</summary>
    Read,

    /// <summary>Must exist; reads and writes.</summary>
    ReadWrite,

    /// <summary>Must not exist; reads and writes.</summary>
    CreateNew,

    /// <summary>Must not exist; for many bytes written once from front to back. Appends may return before the device
    /// has the bytes, and go around its cache; what fails then is told by a later append or the sync. Only after the
    /// sync may the file be read.</summary>
    CreateBulk,
}

/// <summary>One open file of the port. Not durable before <see cref="Sync"/> returns.</summary>
public interface IFile : IDisposable
{
    /// <summary>Current length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads up to the span's length at an offset; fewer bytes only at the end.</summary>
    int ReadAt(long offset, Span<byte> destination);

    /// <summary>Writes all bytes at the end.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Makes the file's bytes and length durable (fdatasync).</summary>
    void Sync();

    /// <summary>Cuts the file to a length.</summary>
    void Truncate(long length);
}

/// <summary>The device has no room (ENOSPC, EDQUOT). Nothing that was acknowledged is affected.</summary>
public sealed class DiskFullException : IOException
{
    /// <summary>Creates the exception with the path that could not grow.</summary>
    public DiskFullException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception over the system's own.</summary>
    public DiskFullException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>Creates the exception with a general message.</summary>
    public DiskFullException() : base("no space left on the device")
    {
    }
}
