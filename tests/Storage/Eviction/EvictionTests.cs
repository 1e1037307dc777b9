using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Eviction;

public sealed class EvictionTests
{
    [Fact]
    public void LargeContentGoesAndComesBackByteForByte()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 9_000_000);
        var put = test.Put(bytes);
        var before = BlocksHere(test);

        var plan = test.Store.PlanEviction([put.Key]);
        var result = test.Store.Evict(plan, TestStore.Now(2));

        Assert.Equal([new SizedContent(put.Content, bytes.Length)], plan.Contents);
        Assert.Equal(0, plan.NeighbourBytes);
        Assert.True(result.FreedBytes >= bytes.Length);
        Assert.Equal(0, test.CountBlockFiles());
        AssertState(test, put, ArtifactState.Evicted);
        Assert.Throws<NotHereException>(() => test.Store.OpenContent(put.Content));

        test.Crash();
        AssertState(test, put, ArtifactState.Evicted);
        var rebuilt = Rebuild(test, put, (_, range) => bytes.AsMemory((int)range.Offset, (int)range.Length));

        Assert.Equal(before, rebuilt.Order());
        Assert.Equal(bytes, test.Read(put.Content));
        test.Crash();
        Assert.Equal(bytes, test.Read(put.Content));
        AssertState(test, put, ArtifactState.Local);
    }

    [Fact]
    public void EvictingOneOfHundredSmallOnesLeavesTheOthersReadable()
    {
        using var test = new TestStore();
        var all = PutHundred(test);

        var result = test.Store.Evict(test.Store.PlanEviction([all[7].Put.Key]), TestStore.Now(20));
        test.Crash();

        Assert.Single(result.Blocks);
        AssertState(test, all[7].Put, ArtifactState.Evicted);
        foreach (var (put, bytes) in all.Where(one => one.Put != all[7].Put))
        {
            Assert.Equal(bytes, test.Read(put.Content));
        }
    }

    [Fact]
    public void HundredSmallOnesLeaveTogetherAndTheirBlockComesBackByteForByte()
    {
        using var test = new TestStore();
        var all = PutHundred(test);
        var before = BlocksHere(test);
        var byContent = all.ToDictionary(one => one.Put.Content, one => one.Bytes);

        test.Store.Evict(test.Store.PlanEviction([.. all.Select(one => one.Put.Key)]), TestStore.Now(20));
        Assert.Equal(0, test.CountBlockFiles());

        var rebuilt = Rebuild(
            test, all[0].Put, (content, range) => byContent[content].AsMemory((int)range.Offset, (int)range.Length));

        Assert.Equal(before, rebuilt);
        Assert.All(all, one => Assert.Equal(one.Bytes, test.Read(one.Put.Content)));
    }

    [Fact]
    public void OwnBytesAreEnoughWhereNeighboursAreNowhere()
    {
        using var test = new TestStore();
        var all = PutHundred(test);
        test.Store.Evict(test.Store.PlanEviction([.. all.Select(one => one.Put.Key)]), TestStore.Now(20));

        using (var rebuild = test.Store.BeginRebuild(all[3].Put.Key))
        {
            Assert.Equal(
                all[3].Bytes.Length, rebuild.Wanted.Where(range => range.IsRequired).Sum(range => range.Length));
            Assert.Equal(100, rebuild.Wanted.Count);
            rebuild.Write(all[3].Put.Content, 0, all[3].Bytes);
            Assert.Empty(rebuild.Complete(TestStore.Now(21)));
        }

        test.Crash();
        Assert.Equal(all[3].Bytes, test.Read(all[3].Put.Content));
        AssertState(test, all[4].Put, ArtifactState.Evicted);
    }

    [Fact]
    public void RebuildRefusesBytesThatAreMissingOrWrong()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 500_000);
        var put = test.Put(bytes);
        test.Store.Evict(test.Store.PlanEviction([put.Key]), TestStore.Now(2));

        using (var rebuild = test.Store.BeginRebuild(put.Key))
        {
            rebuild.Write(put.Content, 0, bytes.AsSpan(0, 499_999));
            Assert.Equal(
                "incomplete", Assert.Throws<StoreRefusedException>(() => rebuild.Complete(TestStore.Now(3))).Code);
        }

        using (var rebuild = test.Store.BeginRebuild(put.Key))
        {
            var wrong = bytes.ToArray();
            wrong[250_000] ^= 1;
            rebuild.Write(put.Content, 0, wrong);
            Assert.Equal(
                "wrong-content", Assert.Throws<StoreRefusedException>(() => rebuild.Complete(TestStore.Now(3))).Code);
        }

        Assert.Empty(test.Files.List("blocks/open"));
        AssertState(test, put, ArtifactState.Evicted);
    }

    [Fact]
    public void RangesMayArriveInAnyOrder()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 2_000_000);
        var put = test.Put(bytes);
        test.Store.Evict(test.Store.PlanEviction([put.Key]), TestStore.Now(2));

        using var rebuild = test.Store.BeginRebuild(put.Key);
        for (var start = bytes.Length / 16_384 * 16_384; start >= 0; start -= 16_384)
        {
            rebuild.Write(put.Content, start, bytes.AsSpan(start, Math.Min(16_384, bytes.Length - start)));
        }

        rebuild.Complete(TestStore.Now(3));
        Assert.Equal(bytes, test.Read(put.Content));
    }

    [Fact]
    public void PutOfEvictedContentBringsItBack()
    {
        using var test = new TestStore();
        foreach (var size in new[] { 1_000, 3_000_000 })
        {
            var bytes = TestStore.Bytes(size, size);
            var put = test.Put(bytes);
            test.Store.Evict(test.Store.PlanEviction([put.Key]), TestStore.Now(2));
            AssertState(test, put, ArtifactState.Evicted);

            var again = test.Put(bytes);
            test.Crash();

            Assert.False(again.AlreadyThere);
            Assert.Equal(bytes, test.Read(put.Content));
        }
    }

    [Fact]
    public void ContentAnotherArtifactUsesStays()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 800_000);
        var one = test.Put(bytes, "one");
        test.Put(bytes, "two");

        var plan = test.Store.PlanEviction([one.Key]);
        test.Store.Evict(plan, TestStore.Now(2));

        Assert.Empty(plan.Contents);
        Assert.Equal(bytes, test.Read(one.Content));
    }

    [Fact]
    public void ChunksSharedWithALivingContentStayAndGoWithTheLastUser()
    {
        using var test = new TestStore();
        var first = TestStore.Bytes(1, 4_000_000);
        var second = first.ToArray();
        second[2_000_000] ^= 1;
        var one = test.Put(first);
        var two = test.Put(second);

        test.Store.Evict(test.Store.PlanEviction([one.Key]), TestStore.Now(2));
        AssertState(test, one, ArtifactState.Partial);
        Assert.Equal(second, test.Read(two.Content));

        test.Store.Evict(test.Store.PlanEviction([two.Key]), TestStore.Now(3));
        AssertState(test, one, ArtifactState.Evicted);
        AssertState(test, two, ArtifactState.Evicted);
        Assert.Equal(0, test.CountBlockFiles());
    }

    [Fact]
    public void RepackMergesBlocksWithoutChangingAnyArtifact()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(1, 8).Select(seed => TestStore.Bytes(seed, 200_000))
            .Select(bytes => (Put: test.Put(bytes), Bytes: bytes)).ToList();
        Assert.Equal(8, test.CountBlockFiles());

        test.Store.Repack(TestStore.Now(2), 0.5);

        Assert.Equal(1, test.CountBlockFiles());
        var report = test.Crash();
        Assert.True(report.IsClean, report.ToString());
        Assert.All(puts, one => Assert.Equal(one.Bytes, test.Read(one.Put.Content)));
    }

    [Fact]
    public void EvictedSmallContentLeavesTheLogFilesToo()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 50_000));
        var before = test.Store.Stats.LogBytes;

        test.Store.Evict(test.Store.PlanEviction([put.Key]), TestStore.Now(2));

        Assert.True(test.Store.Stats.LogBytes < before - 40_000, $"{before} -> {test.Store.Stats.LogBytes}");
    }

    private static List<(PutResult Put, byte[] Bytes)> PutHundred(TestStore test)
    {
        var all = Enumerable.Range(0, 100).Select(i => TestStore.Bytes(i + 1, 1_000 + i))
            .Select(bytes => (test.Put(bytes), bytes)).ToList();
        test.Store.Idle(TestStore.Now(10));
        Assert.Equal(1, test.CountBlockFiles());
        return all;
    }

    private static IReadOnlyList<BlockId> Rebuild(
        TestStore test, PutResult put, Func<ContentId, ContentRange, ReadOnlyMemory<byte>> fetch)
    {
        using var rebuild = test.Store.BeginRebuild(put.Key);
        foreach (var range in rebuild.Wanted)
        {
            rebuild.Write(range.Content, range.Offset, fetch(range.Content, range).Span);
        }

        return rebuild.Complete(TestStore.Now(30));
    }

    private static List<BlockId> BlocksHere(TestStore test)
    {
        var found = new List<BlockId>();
        foreach (var folder in test.Files.List("blocks/sealed"))
        {
            foreach (var name in test.Files.List($"blocks/sealed/{folder}").Where(name => name.EndsWith(".blk")))
            {
                Assert.True(Primitives.Hashing.Hash256.TryParseHex(name.AsSpan(0, 64), out var hash));
                found.Add(BlockId.From(hash));
            }
        }

        return [.. found.Order()];
    }

    private static void AssertState(TestStore test, PutResult put, ArtifactState state)
    {
        Assert.True(test.Store.TryGet(put.Key, out var info));
        Assert.Equal(state, info!.State);
        Assert.Equal(state == ArtifactState.Local, test.Store.HasContent(put.Content));
    }
}
