using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests.Documents;

/// <summary>Files in a dictionary: no faults, all durable at once. For tests of what is stored, not when.</summary>
internal sealed class DictionaryFileSystem : IFileSystem
{
    private readonly SortedDictionary<string, MemoryStream> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _folders = new(StringComparer.Ordinal) { "" };

    public int Syncs { get; private set; }

    public IFile Open(string path, FileOpenMode mode)
    {
        if (mode is FileOpenMode.CreateNew or FileOpenMode.CreateBulk)
        {
            Assert.Contains(Parent(path), _folders);
            Assert.True(_files.TryAdd(path, new MemoryStream()), $"{path} exists");
        }

        return _files.TryGetValue(path, out MemoryStream? bytes)
            ? new OpenFile(this, bytes)
            : throw new FileNotFoundException(path);
    }

    public void CreateDirectory(string path) => _folders.Add(path);

    public IReadOnlyList<string> List(string path)
    {
        string prefix = path.Length == 0 ? "" : path + "/";
        return _files.Keys.Concat(_folders).Where(p => p.Length > 0 && Parent(p) == path)
            .Select(p => p[prefix.Length..]).Order(StringComparer.Ordinal).ToList();
    }

    public bool Exists(string path) => _files.ContainsKey(path) || _folders.Contains(path);

    public long Length(string path) => _files[path].Length;

    public void RenameNoReplace(string from, string to)
    {
        if (!_files.TryAdd(to, _files[from]))
            throw new IOException($"{to} exists");
        _files.Remove(from);
    }

    public void Link(string existing, string name) => _files.Add(name, _files[existing]);

    public void Delete(string path)
    {
        _files.Remove(path);
        _folders.Remove(path);
    }

    public void SyncDirectory(string path) => Syncs++;

    public long FreeSpace() => long.MaxValue;

    public IDisposable? TryLock(string path) => null;

    public byte[] Read(string path) => _files[path].ToArray();

    public void Replace(string path, byte[] bytes)
    {
        _files[path] = new MemoryStream();
        _files[path].Write(bytes);
    }

    public void DeleteTree(string path)
    {
        foreach (string file in _files.Keys.Where(p => p.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
            _files.Remove(file);
        _folders.RemoveWhere(p => p == path || p.StartsWith(path + "/", StringComparison.Ordinal));
    }

    /// <summary>Every file under a folder with its bytes, to compare two states.</summary>
    public IReadOnlyDictionary<string, string> Contents(string path) =>
        _files.Where(f => f.Key.StartsWith(path + "/", StringComparison.Ordinal))
            .ToDictionary(f => f.Key, f => Convert.ToHexString(f.Value.ToArray()));

    private static string Parent(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    private sealed class OpenFile(DictionaryFileSystem files, MemoryStream bytes) : IFile
    {
        public long Length => bytes.Length;

        public int ReadAt(long offset, Span<byte> destination)
        {
            bytes.Position = offset;
            return bytes.Read(destination);
        }

        public void Append(ReadOnlySpan<byte> data)
        {
            bytes.Position = bytes.Length;
            bytes.Write(data);
        }

        public void Sync() => files.Syncs++;

        public void Truncate(long length) => bytes.SetLength(length);

        public void Dispose()
        {
        }
    }
}
