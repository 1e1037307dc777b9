using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests.Reading;

public sealed class ContentCopyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(2_500_000)]
    [InlineData(2 * 1024 * 1024)]
    [InlineData(21_000_017)]
    public void CopyIsTheContent(int size)
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(size + 1, size);
        var put = test.Put(bytes);

        Assert.Equal(bytes, Copy(test, put));
        var copied = new MemoryStream();
        using var reader = test.Store.OpenContent(put.Content);
        reader.CopyUncheckedTo(copied.Write);
        Assert.Equal(bytes, copied.ToArray());
    }

    [Fact]
    public void RepeatedChunksAreCopiedAsOftenAsTheyStand()
    {
        using var test = new TestStore();
        var once = TestStore.Bytes(1, 700_000);
        byte[] bytes = [.. once, .. new byte[3_000_000], .. once, .. once];

        Assert.Equal(bytes, Copy(test, test.Put(bytes)));
    }

    [Fact]
    public void RotIsNeverHandedOver()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 9_000_000);
        var put = test.Put(bytes);
        var block = test.Files.List("blocks/sealed").SelectMany(folder => test.Files.List($"blocks/sealed/{folder}")
            .Where(name => name.EndsWith(".blk", StringComparison.Ordinal))
            .Select(name => $"blocks/sealed/{folder}/{name}")).MaxBy(test.Files.Length)!;
        test.Files.Flip(block, 5_000_000);

        var copied = new List<byte>();
        using var reader = test.Store.OpenContent(put.Content);
        Assert.Throws<StoreDamagedException>(() => reader.CopyTo(piece => copied.AddRange(piece)));

        Assert.True(copied.Count < 5_000_000);
        Assert.Equal(bytes[..copied.Count], copied.ToArray());
    }

    [Fact]
    public void FailureOfTheSinkEndsTheCopy()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 9_000_000));
        using var reader = test.Store.OpenContent(put.Content);
        var calls = 0;

        Assert.Throws<DiskFullException>(() => reader.CopyTo(_ => throw new DiskFullException($"{++calls}")));

        Assert.Equal(1, calls);
    }

    private static byte[] Copy(TestStore test, Storage.Ingest.PutResult put)
    {
        var copied = new MemoryStream();
        using var reader = test.Store.OpenContent(put.Content);
        reader.CopyTo(copied.Write);
        return copied.ToArray();
    }
}
