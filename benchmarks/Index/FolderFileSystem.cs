using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Benchmarks.Index;

/// <summary>The store's port over a folder, as short as it can be. Counts positional reads.</summary>
internal sealed partial class FolderFileSystem(string root) : IFileSystem
{
    private long _reads;

    public long Reads => Interlocked.Read(ref _reads);

    public IFile Open(string path, FileOpenMode mode) => new Handle(this, File.OpenHandle(
        Full(path), mode is FileOpenMode.Read or FileOpenMode.ReadWrite ? FileMode.Open : FileMode.CreateNew,
        mode == FileOpenMode.Read ? FileAccess.Read : FileAccess.ReadWrite,
        FileShare.ReadWrite | FileShare.Delete));

    public void CreateDirectory(string path) => Directory.CreateDirectory(Full(path));

    public IReadOnlyList<string> List(string path) => !Directory.Exists(Full(path)) ? [] :
    [
        .. Directory.EnumerateFileSystemEntries(Full(path)).Select(name => Path.GetFileName(name))
            .Order(StringComparer.Ordinal),
    ];

    public bool Exists(string path) => Path.Exists(Full(path));

    public long Length(string path) => new FileInfo(Full(path)).Length;

    public void RenameNoReplace(string from, string to) => File.Move(Full(from), Full(to), overwrite: false);

    public void Link(string existing, string name) => throw new NotSupportedException();

    public void Delete(string path)
    {
        if (Directory.Exists(Full(path))) Directory.Delete(Full(path));
        else if (Directory.Exists(Path.GetDirectoryName(Full(path)))) File.Delete(Full(path));
    }

    public void SyncDirectory(string path)
    {
        var folder = OpenFolder(Full(path), 0);
        _ = Sync(folder);
        _ = Close(folder);
    }

    public long FreeSpace() => new DriveInfo(root).AvailableFreeSpace;

    public IDisposable? TryLock(string path) => new MemoryStream();

    private string Full(string path) => Path.Combine(root, path);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    private sealed class Handle(FolderFileSystem owner, SafeFileHandle file) : IFile
    {
        private long _length = RandomAccess.GetLength(file);

        public long Length => _length;

        public int ReadAt(long offset, Span<byte> destination)
        {
            Interlocked.Increment(ref owner._reads);
            var done = 0;
            while (done < destination.Length)
            {
                var count = RandomAccess.Read(file, destination[done..], offset + done);
                if (count == 0) break;
                done += count;
            }

            return done;
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(file, bytes, _length);
            _length += bytes.Length;
        }

        public void Sync() => RandomAccess.FlushToDisk(file);

        public void Truncate(long length)
        {
            RandomAccess.SetLength(file, length);
            _length = length;
        }

        public void Dispose() => file.Dispose();
    }
}
