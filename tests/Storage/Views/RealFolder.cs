using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests.Views;

/// <summary>
/// The few calls of the port that a SQLite view makes, over a temporary folder that goes with the test.
/// </summary>
internal sealed class RealFolder : IFileSystem, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("omega-view-").FullName;

    public string Absolute(string path) => Path.Combine(_root, path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(Absolute(path));

    public bool Exists(string path) => Path.Exists(Absolute(path));

    public void Delete(string path) => File.Delete(Absolute(path));

    public void SyncDirectory(string path) => Assert.True(Directory.Exists(Absolute(path)));

    public IFile Open(string path, FileOpenMode mode) => throw new NotSupportedException();

    public IReadOnlyList<string> List(string path) => throw new NotSupportedException();

    public long Length(string path) => new FileInfo(Absolute(path)).Length;

    public void RenameNoReplace(string from, string to) => throw new NotSupportedException();

    public void Link(string existing, string name) => throw new NotSupportedException();

    public long FreeSpace() => throw new NotSupportedException();

    public IDisposable? TryLock(string path) => throw new NotSupportedException();

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
