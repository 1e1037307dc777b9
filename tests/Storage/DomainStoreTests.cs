using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Tests;

public sealed class DomainStoreTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(16 * 1024 - 1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(64 * 1024)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(1024 * 1024)]
    [InlineData(5 * 1024 * 1024)]
    [InlineData(20 * 1024 * 1024 + 17)]
    public void ContentOfAnySizeComesBackWholeAfterPowerLoss(int size)
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(size + 1, size);

        var put = test.Put(bytes);
        var report = test.Crash();

        Assert.True(report.IsClean, report.ToString());
        Assert.Equal(size, put.Size);
        Assert.Equal(ContentId.Of(bytes), put.Content);
        Assert.Equal(bytes, test.Read(put.Content));
        var listed = Assert.Single(test.Store.List(ArtifactFilter.All));
        Assert.Equal(put.Key, listed.Key);
        Assert.Equal(ArtifactState.Local, listed.State);
        Assert.Equal("replay", listed.Brane);
    }

    [Fact]
    public void SameArtifactAgainChangesNothing()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 3_000_000);
        test.Put(bytes);
        var records = test.Store.Stats.LogRecords;

        var again = test.Put(bytes);

        Assert.True(again.AlreadyThere);
        Assert.Equal(records, test.Store.Stats.LogRecords);
    }

    [Fact]
    public void SecondBraneAddsItsAttestation()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 100);
        test.Put(bytes, brane: "replay");

        var second = test.Put(bytes, brane: "bench");
        test.Crash();

        Assert.False(second.AlreadyThere);
        var info = Assert.Single(test.Store.List(ArtifactFilter.All));
        Assert.True(Primitives.Artifacts.SignedArtifact.TryDecode(info.Entry, out var entry, out _));
        Assert.Equal(2, entry.Attestations.Length);
    }

    [Fact]
    public void DisposedPutLeavesNoTrace()
    {
        using var test = new TestStore();
        using (var put = test.Store.BeginPut(new() { Type = "test", Brane = "replay" }))
        {
            put.Write(TestStore.Bytes(1, 9_000_000));
        }

        Assert.Empty(test.Files.List("blocks/open"));
        Assert.Equal(0, test.CountBlockFiles());
        Assert.Empty(test.Store.List(ArtifactFilter.All));
    }

    [Fact]
    public void StoreHeldByOneProcessIsLockedForAnother()
    {
        using var test = new TestStore();

        Assert.Throws<LockedException>(
            () => DomainStore.Open(test.Files, test.Options, TestStore.Keys, TestStore.Now(1), out _));
    }

    [Fact]
    public void AbsentStoreIsSaidToBeAbsent()
    {
        var files = new MemoryFileSystem();

        Assert.False(DomainStore.Exists(files));
        Assert.Throws<NoStoreException>(() => new TestStore(files, create: false));
    }

    [Fact]
    public void PrefixFindsArtifactByContentAndKey()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 100));
        test.Put(TestStore.Bytes(2, 100));

        foreach (var text in new[] { put.Content.ToString()[..9], put.Key.ToString()[..10], put.Key.ToString() })
        {
            Assert.True(IdText.TryParse(text, out var id));
            Assert.Equal(put.Key, Assert.Single(test.Store.Resolve(id, 10)).Key);
        }
    }

    [Fact]
    public void ReadOnlyStoreRefusesPutsAndReads()
    {
        using var test = new TestStore();
        var put = test.Put([1, 2, 3]);

        test.Store.SetReadOnly("rolled back");

        Assert.Throws<StoreReadOnlyException>(() => test.Put([4]));
        Assert.Equal([1, 2, 3], test.Read(put.Content));
    }

    [Fact]
    public void BytesMayBeReadFromAnyOffset()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(5, 3_000_000);
        var put = test.Put(bytes);
        using var reader = test.Store.OpenContent(put.Content);
        var window = new byte[70_000];

        for (var offset = 0; offset + window.Length <= bytes.Length; offset += 123_457)
        {
            reader.ReadAt(offset, window);
            Assert.True(bytes.AsSpan(offset, window.Length).SequenceEqual(window));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadAt(bytes.Length - 1, new byte[2]));
    }
}
