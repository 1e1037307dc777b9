using Omega.P2P.Storage.Files;

namespace Omega.P2P.Benchmarks.Scale;

/// <summary>Counts positional reads that pass through the file port.</summary>
internal sealed class ReadCountingFiles(IFileSystem inner) : IFileSystem
{
    private long _reads;

    public long Reads => Interlocked.Read(ref _reads);

    public IFile Open(string path, FileOpenMode mode) => new Handle(this, inner.Open(path, mode));

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public IReadOnlyList<string> List(string path) => inner.List(path);

    public bool Exists(string path) => inner.Exists(path);

    public long Length(string path) => inner.Length(path);

    public void RenameNoReplace(string from, string to) => inner.RenameNoReplace(from, to);

    public void Link(string existing, string name) => inner.Link(existing, name);

    public void Delete(string path) => inner.Delete(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public long FreeSpace() => inner.FreeSpace();

    public IDisposable? TryLock(string path) => inner.TryLock(path);

    private sealed class Handle(ReadCountingFiles owner, IFile file) : IFile
    {
        public long Length => file.Length;

        public int ReadAt(long offset, Span<byte> destination)
        {
            Interlocked.Increment(ref owner._reads);
            return file.ReadAt(offset, destination);
        }

        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public void Sync() => file.Sync();

        public void Truncate(long length) => file.Truncate(length);

        public void Dispose() => file.Dispose();
    }
}
