using System.Text;
using Omega.P2P.Storage.Documents;

namespace Omega.P2P.Storage.Tests.Documents;

public sealed class DocumentStoreTests
{
    private static readonly DocumentLimits Small = new() { CompactionBytesMin = 2048 };

    [Fact]
    public void CommittedDocumentsAreThereAfterReopening()
    {
        var disk = new DictionaryFileSystem();
        using (DocumentStore store = DocumentStore.Open(disk, "mesh"))
        {
            Put(store, "a", "one");
            Put(store, "b", "two");
            store.Commit();
            Put(store, "a", "three");
            store.Delete("b");
            store.Put("empty", []);
            store.Commit();
            Put(store, "c", "never committed");
        }

        using DocumentStore again = DocumentStore.Open(disk, "mesh");
        Assert.Equal(["a=three", "empty="], Dump(again));
    }

    [Fact]
    public void ChangesAreSeenBeforeTheyAreCommitted()
    {
        using DocumentStore store = DocumentStore.Open(new DictionaryFileSystem(), "");
        Put(store, "a", "one");
        Assert.True(store.TryGet("a", out ReadOnlyMemory<byte> value));
        store.Delete("a");
        Assert.False(store.TryGet("a", out _));
        Assert.Equal("one", Encoding.UTF8.GetString(value.Span));
    }

    [Fact]
    public void ScanGivesKeysOfAPrefixInOrder()
    {
        using DocumentStore store = DocumentStore.Open(new DictionaryFileSystem(), "mesh");
        foreach (string key in new[] { "peer/b", "peer/a", "peer", "peer/ü", "peers/x", "pee" })
            Put(store, key, key);
        Assert.Equal(["peer/a", "peer/b", "peer/ü"], store.Scan("peer/").Select(d => d.Key));
        Assert.Equal(6, store.Scan("").Count);
        Assert.Empty(store.Scan("z"));
        Assert.Empty(store.Scan("peer/c"));
    }

    [Fact]
    public void CommitCostsOneSyncAndNothingWhenNothingChanged()
    {
        var disk = new DictionaryFileSystem();
        using DocumentStore store = DocumentStore.Open(disk, "mesh");
        Put(store, "a", "one");
        Put(store, "b", "two");
        int before = disk.Syncs;
        Assert.True(store.Commit());
        Assert.Equal(before + 1, disk.Syncs);
        Put(store, "a", "one");
        store.Delete("absent");
        Assert.False(store.Commit());
        Assert.Equal(before + 1, disk.Syncs);
    }

    [Fact]
    public void CompactionKeepsWhatIsLiveAndBoundsTheFile()
    {
        var disk = new DictionaryFileSystem();
        using (DocumentStore store = DocumentStore.Open(disk, "mesh", Small))
        {
            for (int i = 0; i < 500; i++)
            {
                Put(store, "counter", $"value {i}");
                Put(store, $"other/{i % 3}", $"{i}");
                store.Commit();
            }
        }

        string file = Assert.Single(disk.List("mesh"));
        Assert.NotEqual("documents-0000000000000001.journal", file);
        Assert.True(disk.Length("mesh/" + file) < Small.CompactionBytesMin + 512);
        using DocumentStore again = DocumentStore.Open(disk, "mesh", Small);
        Assert.Equal(["counter=value 499", "other/0=498", "other/1=499", "other/2=497"], Dump(again));
    }

    [Fact]
    public void EveryCutOfTheLastCommitLeavesTheOneBefore()
    {
        var disk = new DictionaryFileSystem();
        string file = WriteTwoCommits(disk, out int firstLength);
        byte[] whole = disk.Read(file);
        for (int length = firstLength; length < whole.Length; length++)
        {
            disk.Replace(file, whole[..length]);
            using (DocumentStore store = DocumentStore.Open(disk, "mesh"))
                Assert.Equal(["a=one"], Dump(store));
            Assert.Equal(firstLength, disk.Length(file));
        }
    }

    [Fact]
    public void EveryFlippedBitOfTheLastCommitDropsItWhole()
    {
        var disk = new DictionaryFileSystem();
        string file = WriteTwoCommits(disk, out int firstLength);
        byte[] whole = disk.Read(file);
        for (int at = firstLength; at < whole.Length; at++)
        {
            byte[] bad = [.. whole];
            bad[at] ^= 0x10;
            disk.Replace(file, bad);
            using DocumentStore store = DocumentStore.Open(disk, "mesh");
            Assert.Equal(["a=one"], Dump(store));
        }
    }

    [Fact]
    public void EveryFlippedBitOfAnEarlierCommitIsReportedAndNothingIsCut()
    {
        var disk = new DictionaryFileSystem();
        string file = WriteTwoCommits(disk, out int firstLength);
        byte[] whole = disk.Read(file);
        for (int at = 0; at < firstLength; at++)
        {
            byte[] bad = [.. whole];
            bad[at] ^= 0x10;
            disk.Replace(file, bad);
            var damage = Assert.Throws<StoreDamagedException>(() => DocumentStore.Open(disk, "mesh"));
            Assert.Contains(file, damage.Message, StringComparison.Ordinal);
            Assert.Equal(whole.Length, disk.Length(file));
        }
    }

    [Fact]
    public void KeysThatAreNoTextAreRefused()
    {
        using DocumentStore store = DocumentStore.Open(new DictionaryFileSystem(), "mesh");
        Assert.Throws<ArgumentException>(() => store.Put("", [1]));
        Assert.Throws<ArgumentException>(() => store.Put("lone \ud800 surrogate", [1]));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void BoundsOfKeyAndValueAreExact()
    {
        var disk = new DictionaryFileSystem();
        string longest = new('k', 256);
        using (DocumentStore store = DocumentStore.Open(disk, "mesh"))
        {
            store.Put(longest, new byte[1 << 20]);
            Assert.Throws<ArgumentException>(() => store.Put(longest + "k", [1]));
            Assert.Throws<ArgumentException>(() => store.Put("k", new byte[(1 << 20) + 1]));
            store.Commit();
        }

        using DocumentStore again = DocumentStore.Open(disk, "mesh");
        Assert.True(again.TryGet(longest, out ReadOnlyMemory<byte> value));
        Assert.Equal(1 << 20, value.Length);
    }

    [Fact]
    public void ACommitOverItsBoundIsRefusedAndLeavesTheStoreUsable()
    {
        var limits = new DocumentLimits { CommitBytesMax = 100 };
        using DocumentStore store = DocumentStore.Open(new DictionaryFileSystem(), "mesh", limits);
        store.Put("a", new byte[100]);
        Assert.Throws<InvalidOperationException>(() => store.Commit());
        store.Delete("a");
        Assert.True(store.Commit());
    }

    private static string WriteTwoCommits(DictionaryFileSystem disk, out int firstLength)
    {
        using DocumentStore store = DocumentStore.Open(disk, "mesh");
        Put(store, "a", "one");
        store.Commit();
        string file = "mesh/" + Assert.Single(disk.List("mesh"));
        firstLength = (int)disk.Length(file);
        Put(store, "a", "two");
        Put(store, "b", "two");
        store.Commit();
        return file;
    }

    private static void Put(DocumentStore store, string key, string value) =>
        store.Put(key, Encoding.UTF8.GetBytes(value));

    private static List<string> Dump(DocumentStore store) =>
        store.Scan("").Select(d => $"{d.Key}={Encoding.UTF8.GetString(d.Value.Span)}").ToList();
}
