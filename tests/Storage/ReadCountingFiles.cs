using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests;

/// <summary>A disk that counts the bytes it was asked for: what a cost is in proportion to can be asserted.</summary>
internal sealed class ReadCountingFiles(IFileSystem inner) : IFileSystem
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

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
            var read = file.ReadAt(offset, destination);
            Interlocked.Add(ref owner._bytes, read);
            return read;
        }

        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public void Sync() => file.Sync();

        public void Truncate(long length) => file.Truncate(length);

        public void Dispose() => file.Dispose();
    }
}
