using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class SharingTests
{
    [Fact]
    public void ChangedFileAddsOnlyTheChunksThatChanged()
    {
        using var test = new TestStore();
        var first = TestStore.Bytes(1, 8_000_000);
        test.Put(first);
        var before = test.Store.Stats.BlockBytes;
        byte[] second = [.. first.AsSpan(0, 3_000_000), .. TestStore.Bytes(2, 100), .. first.AsSpan(3_000_000)];

        var put = test.Put(second);

        Assert.InRange(test.Store.Stats.BlockBytes - before, 1, 400_000);
        Assert.Equal(second, test.Read(put.Content));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(3_000_000)]
    public void TenantsAndAudiencesDoNotShareBytes(int size)
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, size);
        test.Put(bytes, "a", audience: "public");
        var one = Used(test);

        test.Put(bytes, "b", audience: "internal");
        Assert.Equal(one, Used(test));

        test.Put(bytes, "c", audience: "internal", tenant: "clinic");
        Assert.InRange(Used(test), one + size, one + size + size / 10 + 2_000);
    }

    [Fact]
    public void WiderAudienceDoesNotLeanOnInternalBytes()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 3_000_000);
        test.Put(bytes, "a", audience: "internal");
        var one = Used(test);

        test.Put(bytes, "b", audience: "peers");

        Assert.True(Used(test) >= one + bytes.Length);
    }

    [Fact]
    public void PublishingWiderCopiesTheBytes()
    {
        using var test = new TestStore();
        foreach (var size in new[] { 500, 3_000_000 })
        {
            var bytes = TestStore.Bytes(size, size);
            var put = test.Put(bytes);
            var before = Used(test);

            test.Store.Publish(put.Key, "peers", TestStore.Now(2));

            Assert.True(Used(test) >= before + size);
            Assert.True(test.Store.TryGet(put.Key, out var info));
            Assert.Equal(["peers"], info!.Published);
        }

        test.Crash();
        Assert.All(test.Store.List(ArtifactFilter.All), info => Assert.Equal(["peers"], info.Published));
    }

    [Fact]
    public void ThousandSmallPutsLeaveFewBlocksAndAShortLog()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(1, 1_000).Select(i => test.Put(TestStore.Bytes(i, 1_024))).ToList();
        var digest = test.Store.Current;

        test.Store.Idle(TestStore.Now(10));

        Assert.InRange(test.CountBlockFiles(), 1, 16);
        Assert.InRange(test.Store.Stats.LogBytes, 1, 1_500 * 1_000);
        var report = test.Crash();
        Assert.Equal(1_000, report.Artifacts);
        Assert.Equal(digest, test.Store.Current);
        Assert.Equal(TestStore.Bytes(500, 1_024), test.Read(puts[499].Content));
    }

    [Fact]
    public void FlippedByteInABlockIsFoundAndItsArtifactsNamed()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(1, 100).Select(i => test.Put(TestStore.Bytes(i, 1_000))).ToList();
        test.Store.Idle(TestStore.Now(10));
        Assert.Empty(test.Store.Verify(VerifyDepth.Bytes, null));
        var path = test.Files.List("blocks/sealed").SelectMany(folder =>
            test.Files.List($"blocks/sealed/{folder}").Where(name => name.EndsWith(".blk"))
                .Select(name => $"blocks/sealed/{folder}/{name}")).Single();

        test.Files.Flip(path, 10_500);

        var finding = Assert.Single(test.Store.Verify(VerifyDepth.Bytes, null));
        Assert.Equal("block-damaged", finding.Code);
        Assert.Equal(puts[10].Key, Assert.Single(finding.Artifacts));
        Assert.Throws<StoreDamagedException>(() => test.Read(puts[10].Content));
        Assert.Equal(TestStore.Bytes(12, 1_000), test.Read(puts[11].Content));
    }

    [Fact]
    public void WritersSideBySideAllSucceed()
    {
        using var test = new TestStore();
        var results = new System.Collections.Concurrent.ConcurrentBag<(ContentId Content, byte[] Bytes)>();

        Parallel.For(0, 40, i =>
        {
            var bytes = TestStore.Bytes(i % 20 + 1, i % 20 % 5 == 0 ? 700_000 : 3_000);
            results.Add((test.Put(bytes, $"{i % 20}").Content, bytes));
        });

        var report = test.Crash();
        Assert.Equal(20, report.Artifacts);
        Assert.All(results, result => Assert.Equal(result.Bytes, test.Read(result.Content)));
    }

    private static long Used(TestStore test) => test.Store.Stats.BlockBytes + test.Store.Stats.PendingBytes;
}
