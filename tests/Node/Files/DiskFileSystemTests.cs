using Omega.P2P.Node.Files;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Tests.Files;

public sealed class DiskFileSystemTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DiskFileSystem _disk;

    public DiskFileSystemTests() => _disk = new DiskFileSystem(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void BytesAppendedAreReadBackAtAnyOffset()
    {
        _disk.CreateDirectory("a/b");
        using (var file = _disk.Open("a/b/f", FileOpenMode.CreateNew))
        {
            file.Append("hello "u8);
            file.Append("world"u8);
            file.Sync();
            Assert.Equal(11, file.Length);
        }

        using var again = _disk.Open("a/b/f", FileOpenMode.Read);
        var buffer = new byte[8];
        Assert.Equal(5, again.ReadAt(6, buffer));
        Assert.Equal("world"u8, buffer.AsSpan(0, 5));
        Assert.Equal(0, again.ReadAt(11, buffer));
        Assert.Equal(11, _disk.Length("a/b/f"));
    }

    [Fact]
    public void AppendsGoOnWhereAnotherOpeningLeftOff()
    {
        using (var file = _disk.Open("f", FileOpenMode.CreateNew)) file.Append("abc"u8);
        using (var file = _disk.Open("f", FileOpenMode.ReadWrite))
        {
            file.Append("def"u8);
            file.Truncate(5);
            file.Append("!"u8);
        }

        Assert.Equal("abcde!", File.ReadAllText(_folder["root/f"]));
    }

    [Fact]
    public void CreatingRefusesAFileThatIsThere()
    {
        _disk.Open("f", FileOpenMode.CreateNew).Dispose();
        Assert.ThrowsAny<IOException>(() => _disk.Open("f", FileOpenMode.CreateNew));
        Assert.Throws<FileNotFoundException>(() => _disk.Open("g", FileOpenMode.Read));
        Assert.Throws<FileNotFoundException>(() => _disk.Open("g", FileOpenMode.ReadWrite));
        Assert.Throws<FileNotFoundException>(() => _disk.Length("g"));
    }

    [Fact]
    public void RenamingAndLinkingNeverReplace()
    {
        Write("a", "1");
        Write("b", "2");
        Assert.ThrowsAny<IOException>(() => _disk.RenameNoReplace("a", "b"));
        Assert.ThrowsAny<IOException>(() => _disk.Link("a", "b"));
        _disk.RenameNoReplace("a", "c");
        _disk.Link("c", "d");
        Assert.Equal(["b", "c", "d"], _disk.List(""));
        Assert.Equal("1", File.ReadAllText(_folder["root/d"]));
        Assert.Equal("2", File.ReadAllText(_folder["root/b"]));
    }

    [Fact]
    public void DeletingWhatIsAbsentDoesNothing()
    {
        _disk.Delete("nothing");
        _disk.CreateDirectory("empty");
        _disk.Delete("empty");
        Assert.False(_disk.Exists("empty"));
        Assert.Empty(_disk.List("absent"));
    }

    [Fact]
    public void AFolderThatHoldsSomethingIsNotDeleted()
    {
        _disk.CreateDirectory("full");
        Write("full/f", "1");
        Assert.ThrowsAny<IOException>(() => _disk.Delete("full"));
        Assert.True(_disk.Exists("full/f"));
    }

    [Fact]
    public void NamesAreListedInOrdinalOrder()
    {
        foreach (var name in (string[])["b", "B", "a", "10", "9"]) Write(name, "");
        Assert.Equal(["10", "9", "B", "a", "b"], _disk.List(""));
    }

    [Fact]
    public void OneLockHolderAtATime()
    {
        using (var held = _disk.TryLock("lock"))
        {
            Assert.NotNull(held);
            Assert.Null(_disk.TryLock("lock"));
        }

        using var again = _disk.TryLock("lock");
        Assert.NotNull(again);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/x")]
    public void PathsStayBelowTheRoot(string path) =>
        Assert.Throws<ArgumentException>(() => _disk.Open(path, FileOpenMode.CreateNew));

    [Fact]
    public void WhatIsMadeIsItsOwnersAlone()
    {
        _disk.CreateDirectory("a");
        Write("a/f", "1");
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
            UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        foreach (var path in (string[])["root", "root/a", "root/a/f"])
            Assert.Equal(default, File.GetUnixFileMode(_folder[path]) & Others);
    }

    [Fact]
    public void AFullDeviceIsNamed()
    {
        // /dev/full answers every write with ENOSPC.
        using var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        using var stream = new FileStream(handle, FileAccess.Write, 0);
        var failure = Assert.ThrowsAny<IOException>(() => stream.Write("x"u8));
        Assert.IsType<DiskFullException>(DiskFile.Named(failure, "/dev/full"));
    }

    [Fact]
    public void FoldersCanBeSynced()
    {
        _disk.CreateDirectory("a");
        _disk.SyncDirectory("a");
        _disk.SyncDirectory("");
        Assert.ThrowsAny<IOException>(() => _disk.SyncDirectory("absent"));
        Assert.True(_disk.FreeSpace() > 0);
    }

    private void Write(string path, string text)
    {
        using var file = _disk.Open(path, FileOpenMode.CreateNew);
        file.Append(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
