using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests;

/// <summary>A disk that counts what is asked of it, so that a cost can be asserted or told. The benchmarks use it,
/// too.</summary>
internal sealed class CountingFiles(IFileSystem inner) : IFileSystem
{
    private long _reads;
    private long _bytesRead;
    private long _syncs;

    /// <summary>Reads by position.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>What they gave.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Of files and of folders.</summary>
    public long Syncs => Interlocked.Read(ref _syncs);

    public IFile Open(string path, FileOpenMode mode) => new CountingFile(this, inner.Open(path, mode));

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public IReadOnlyList<string> List(string path) => inner.List(path);

    public bool Exists(string path) => inner.Exists(path);

    public long Length(string path) => inner.Length(path);

    public void RenameNoReplace(string from, string to) => inner.RenameNoReplace(from, to);

    public void Link(string existing, string name) => inner.Link(existing, name);

    public void Delete(string path) => inner.Delete(path);

    public void SyncDirectory(string path)
    {
        Interlocked.Increment(ref _syncs);
        inner.SyncDirectory(path);
    }

    public long FreeSpace() => inner.FreeSpace();

    public IDisposable? TryLock(string path) => inner.TryLock(path);

    private sealed class CountingFile(CountingFiles owner, IFile file) : IFile
    {
        public long Length => file.Length;

        public int ReadAt(long offset, Span<byte> destination)
        {
            var read = file.ReadAt(offset, destination);
            Interlocked.Increment(ref owner._reads);
            Interlocked.Add(ref owner._bytesRead, read);
            return read;
        }

        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public void Sync()
        {
            Interlocked.Increment(ref owner._syncs);
            file.Sync();
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Dispose() => file.Dispose();
    }
}
