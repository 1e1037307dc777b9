using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>A mistake that somebody could make in the store's order of writing, made below it.</summary>
internal enum Mistake
{
    /// <summary>Files are never synced: blocks and log reach the disk when it pleases.</summary>
    NoFileSync,

    /// <summary>Folders are never synced: names get lost.</summary>
    NoFolderSync,

    /// <summary>The log is not synced before the acknowledgement.</summary>
    NoLogSync,

    /// <summary>A block gets its name first, and is synced some time later.</summary>
    RenameBeforeSync,
}

/// <summary>A disk over which the store makes one <see cref="Mistake"/>.</summary>
internal sealed class BrokenFileSystem(IFileSystem disk, Mistake mistake) : IFileSystem
{
    public IFile Open(string path, FileOpenMode mode) => new BrokenFile(this, path, disk.Open(path, mode));

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string path) => disk.List(path);

    public bool Exists(string path) => disk.Exists(path);

    public long Length(string path) => disk.Length(path);

    public void RenameNoReplace(string from, string to) => disk.RenameNoReplace(from, to);

    public void Link(string existing, string name) => disk.Link(existing, name);

    public void Delete(string path) => disk.Delete(path);

    public void SyncDirectory(string path)
    {
        if (mistake != Mistake.NoFolderSync)
        {
            disk.SyncDirectory(path);
        }
    }

    public long FreeSpace() => disk.FreeSpace();

    public IDisposable? TryLock(string path) => disk.TryLock(path);

    private bool IsSyncLeftOut(string path) => mistake switch
    {
        Mistake.NoFileSync => true,
        Mistake.NoLogSync => path.StartsWith("log/", StringComparison.Ordinal),
        Mistake.RenameBeforeSync => path.StartsWith("blocks/open/", StringComparison.Ordinal),
        _ => false,
    };

    private sealed class BrokenFile(BrokenFileSystem owner, string path, IFile file) : IFile
    {
        public long Length => file.Length;

        public int ReadAt(long offset, Span<byte> destination) => file.ReadAt(offset, destination);

        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public void Sync()
        {
            if (!owner.IsSyncLeftOut(path))
            {
                file.Sync();
            }
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Dispose() => file.Dispose();
    }
}
