using Omega.P2P.Node.Files;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Tests.Files;

public sealed class BulkFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DiskFileSystem _disk;

    public BulkFileTests() => _disk = new DiskFileSystem(_folder["root"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(AlignedBuffer.Size - 1)]
    [InlineData(AlignedBuffer.Size)]
    [InlineData(AlignedBuffer.Size + 1)]
    [InlineData(9 * AlignedBuffer.Size + 4097)]
    public void BytesOfAnyLengthArriveInOrder(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        using (var file = _disk.Open("f", FileOpenMode.CreateBulk))
        {
            for (var at = 0; at < length; at += 300_001) file.Append(bytes.AsSpan(at, Math.Min(300_001, length - at)));
            Assert.Equal(length, file.Length);
            file.Sync();
        }

        Assert.Equal(bytes, File.ReadAllBytes(_folder["root/f"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["root/f"]));
    }

    [Fact]
    public void AppendsGoOnAfterASync()
    {
        var bytes = new byte[3 * AlignedBuffer.Size];
        new Random(1).NextBytes(bytes);
        using var file = _disk.Open("f", FileOpenMode.CreateBulk);
        file.Append(bytes.AsSpan(0, AlignedBuffer.Size + 100));
        file.Sync();
        file.Append(bytes.AsSpan(AlignedBuffer.Size + 100));
        file.Sync();

        var read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, file.ReadAt(0, read));
        Assert.Equal(bytes, read);
    }

    [Fact]
    public void FileThatIsThereIsNotReplaced()
    {
        _disk.Open("f", FileOpenMode.CreateBulk).Dispose();
        Assert.ThrowsAny<IOException>(() => _disk.Open("f", FileOpenMode.CreateBulk));
    }

    [Fact]
    public void ManyAtOnceFinishOnABusyPool()
    {
        var bytes = new byte[6 * AlignedBuffer.Size];
        new Random(2).NextBytes(bytes);
        Parallel.For(0, 32, i =>
        {
            using var file = _disk.Open($"f{i}", FileOpenMode.CreateBulk);
            file.Append(bytes);
            file.Sync();
        });

        for (var i = 0; i < 32; i++) Assert.Equal(bytes.Length, _disk.Length($"f{i}"));
        Assert.Equal(bytes, File.ReadAllBytes(_folder["root/f31"]));
    }

    [Fact]
    public void DisposingEarlyStopsTheWriting()
    {
        var file = _disk.Open("f", FileOpenMode.CreateBulk);
        file.Append(new byte[5 * AlignedBuffer.Size]);
        file.Dispose();
        file.Dispose();
        Assert.InRange(_disk.Length("f"), 0, 5 * AlignedBuffer.Size);
    }
}
