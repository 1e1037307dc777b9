using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Files;

/// <summary>
/// The store's port over a folder of the disk. Everything it makes is for its owner alone (0700, 0600). Renames use
/// renameat2(RENAME_NOREPLACE), or link and unlink on file systems without it; locks are flock, so they end with the
/// process however it ends.
/// </summary>
internal sealed class DiskFileSystem : IFileSystem
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute;

    private readonly string _root;

    /// <summary>Creates the root folder where it is missing; its name is durable on return.</summary>
    public DiskFileSystem(string root)
    {
        _root = Path.GetFullPath(root);
        CreateDurably(_root);
    }

    public IFile Open(string path, FileOpenMode mode)
    {
        var full = Full(path);
        if (mode == FileOpenMode.CreateBulk && OperatingSystem.IsLinux()) return BulkFile.Create(full, FileMode);
        var handle = mode == FileOpenMode.Read
            ? File.OpenHandle(full, System.IO.FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            : OpenForWriting(full, mode);
        return new DiskFile(handle, full);
    }

    public void CreateDirectory(string path) => Directory.CreateDirectory(Full(path), FolderMode);

    public IReadOnlyList<string> List(string path)
    {
        var full = Full(path);
        if (!Directory.Exists(full)) return [];
        var names = new List<string>();
        foreach (var entry in new DirectoryInfo(full).EnumerateFileSystemInfos()) names.Add(entry.Name);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public bool Exists(string path) => Path.Exists(Full(path));

    public long Length(string path) => new FileInfo(Full(path)).Length;

    public void RenameNoReplace(string from, string to)
    {
        string source = Full(from), target = Full(to);
        if (LibC.Rename(LibC.CurrentFolder, source, LibC.CurrentFolder, target, LibC.RenameNoReplace) == 0) return;
        if (Marshal.GetLastPInvokeError() is not (LibC.InvalidArgument or LibC.NotImplemented))
            throw LibC.Failure("rename", $"{source} to {target}");
        if (LibC.Link(source, target) != 0) throw LibC.Failure("rename", $"{source} to {target}");
        if (LibC.Unlink(source) != 0) throw LibC.Failure("rename", source);
    }

    public void Link(string existing, string name)
    {
        if (LibC.Link(Full(existing), Full(name)) != 0) throw LibC.Failure("link", $"{existing} as {name}");
    }

    public void Delete(string path)
    {
        var full = Full(path);
        if (Directory.Exists(full)) Directory.Delete(full, recursive: false);
        else File.Delete(full);
    }

    public void SyncDirectory(string path) => SyncFolder(Full(path));

    /// <summary>Makes the names in a folder durable, by absolute path.</summary>
    public static void SyncFolder(string full)
    {
        var descriptor = LibC.Open(full, LibC.ReadOnly | LibC.Directory | LibC.CloseOnExec, 0);
        if (descriptor < 0) throw LibC.Failure("open", full);
        try
        {
            if (LibC.Sync(descriptor) != 0) throw LibC.Failure("sync", full);
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    public long FreeSpace() => new DriveInfo(_root).AvailableFreeSpace;

    public IDisposable? TryLock(string path) => FileLock.TryTake(Full(path));

    private static SafeFileHandle OpenForWriting(string full, FileOpenMode mode)
    {
        // Sharing with all keeps .NET from taking advisory locks of its own: the store's lock does that work.
        var isNew = mode is FileOpenMode.CreateNew or FileOpenMode.CreateBulk;
        var disposition = isNew ? System.IO.FileMode.CreateNew : System.IO.FileMode.Open;
        var handle = File.OpenHandle(full, disposition, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (isNew) File.SetUnixFileMode(handle, FileMode);
        return handle;
    }

    private static void CreateDurably(string folder)
    {
        if (Directory.Exists(folder) || Path.GetDirectoryName(folder) is not { } parent) return;
        CreateDurably(parent);
        Directory.CreateDirectory(folder, FolderMode);
        SyncFolder(parent);
    }

    private string Full(string path)
    {
        if (Path.IsPathRooted(path) || path.Split('/').Contains(".."))
            throw new ArgumentException($"a path of the port stays below its root: {path}", nameof(path));
        return Path.Combine(_root, path);
    }
}
