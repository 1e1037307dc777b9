using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Tests.Collection;

public sealed class CollectionTests
{
    private static readonly CollectionOptions AtOnce = new() { GraceMs = 0 };

    [Fact]
    public void RemovedBytesGoAfterTheGracePeriodAndNotBefore()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 3_000_000), at: 10);
        test.Store.Remove([put.Key], null, TestStore.Now(20));
        test.Store.Collect(new(), TestStore.Now(30));
        test.Store.Collect(new(), TestStore.Now(30 + 3599));
        Assert.Equal(TestStore.Bytes(1, 3_000_000), test.Read(put.Content));

        var plan = test.Store.PlanCollection(new(), TestStore.Now(30 + 3600));
        var result = test.Store.Collect(new(), TestStore.Now(30 + 3600));

        Assert.True(plan.BytesToFree >= 3_000_000);
        Assert.True(result.BytesFreed >= 3_000_000);
        Assert.Equal(0, test.CountBlockFiles());
        test.Crash();
        Assert.Equal(0, test.Store.Stats.BlockBytes);
        Assert.Throws<NotHereException>(() => test.Store.OpenContent(put.Content));
    }

    [Fact]
    public void GraceCountsRunningTimeOverOpeningsAndNotTheWallClock()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 300_000), at: 10);
        test.Store.Remove([put.Key], null, TestStore.Now(20));
        test.Store.Collect(new(), TestStore.Now(30));
        test.Store.KeepTime(TestStore.Now(30 + 2000));
        test.Reopen();

        // Ten days pass with the domain closed; the running time begins anew with the process.
        var dayLater = TestStore.Now(900_000).UnixMs;
        test.Store.Collect(new(), new Instant(dayLater, 0));
        test.Store.Collect(new(), new Instant(dayLater + 1_500_000, 1_500_000));
        Assert.Equal(TestStore.Bytes(1, 300_000), test.Read(put.Content));

        test.Store.Collect(new(), new Instant(dayLater + 1_700_000, 1_700_000));
        Assert.Equal(0, test.CountBlockFiles());
    }

    [Fact]
    public void NothingIsDeletedWhileTheClockIsImplausible()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 300_000), at: 10_000);
        test.Store.SetRetention(new RetentionRule(null, null) { KeepForMs = 1000 }, TestStore.Now(10_000));
        test.Store.KeepTime(TestStore.Now(10_000));
        Instant[] wrong =
        [
            new(TestStore.Now(10_001).UnixMs - 3_600_000, 10_001_000),
            new(TestStore.Now(10_001).UnixMs + 3_600_000, 10_001_000),
        ];
        foreach (var now in wrong)
        {
            Assert.Equal(
                "clock-implausible", Assert.Throws<StoreRefusedException>(() => test.Store.Collect(AtOnce, now)).Code);
            Assert.NotNull(test.Store.PlanCollection(AtOnce, now).Doubt);
        }

        test.Store.NoteTimeElsewhere(TestStore.Now(20_000).UnixMs, TestStore.Now(10_001));
        Assert.Throws<StoreRefusedException>(() => test.Store.Collect(AtOnce, TestStore.Now(10_002)));
        Assert.True(test.Store.TryGet(put.Key, out _));

        Assert.Equal(1, test.Store.Collect(AtOnce with { TrustsClock = true }, wrong[1]).Removed);
        Assert.Equal(0, test.CountBlockFiles());
    }

    [Fact]
    public void PinnedHeldReferencedAndPackagedBytesStay()
    {
        using var test = new TestStore();
        var pinned = test.Put(TestStore.Bytes(1, 300_000));
        var held = test.Put(TestStore.Bytes(2, 3_000));
        var referred = test.Put(TestStore.Bytes(3, 300_000));
        var file = test.Put(TestStore.Bytes(4, 300_000));
        var loose = test.Put(TestStore.Bytes(5, 300_000));
        var referring = PutOther(test, TestStore.Bytes(6, 10), "test.bytes", referred.Key);
        var package = PutOther(test, PackageOf(file.Content, 300_000), "package", null);
        test.Store.Remove(
            [pinned.Key, held.Key, referred.Key, file.Key, loose.Key], null, TestStore.Now(20));
        test.Store.AddPin(pinned.Key, "owner", TestStore.Now(21));
        test.Store.AddHold(held.Key, "case", null, TestStore.Now(21));

        test.Store.Collect(AtOnce, TestStore.Now(30));
        test.Crash();

        Assert.Equal(TestStore.Bytes(1, 300_000), test.Read(pinned.Content));
        Assert.Equal(TestStore.Bytes(2, 3_000), test.Read(held.Content));
        Assert.Equal(TestStore.Bytes(3, 300_000), test.Read(referred.Content));
        Assert.Equal(TestStore.Bytes(4, 300_000), test.Read(file.Content));
        Assert.Throws<NotHereException>(() => test.Store.OpenContent(loose.Content));

        test.Store.RemovePin(pinned.Key, "owner", TestStore.Now(40));
        test.Store.ReleaseHold(held.Key, "case", TestStore.Now(40));
        test.Store.Remove([referring, package], null, TestStore.Now(41));
        test.Store.Collect(AtOnce, TestStore.Now(50));
        Assert.Equal(0, test.CountBlockFiles());
        Assert.Equal(0, test.Store.Stats.PendingBytes);
    }

    [Fact]
    public void SharedChunksStayForTheOneThatIsLeft()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 4_000_000);
        var first = test.Put(bytes, "first");
        var second = test.Put([.. bytes, .. TestStore.Bytes(2, 100_000)], "second");
        test.Store.Remove([first.Key], null, TestStore.Now(20));

        test.Store.Collect(AtOnce, TestStore.Now(30));

        Assert.Equal([.. bytes, .. TestStore.Bytes(2, 100_000)], test.Read(second.Content));
        test.Store.Remove([second.Key], null, TestStore.Now(40));
        test.Store.Collect(AtOnce, TestStore.Now(50));
        Assert.Equal(0, test.CountBlockFiles());
        Assert.Equal(first.Content, test.Put(bytes, "first").Content);
        Assert.Equal(bytes, test.Read(first.Content));
    }

    [Fact]
    public void RetentionKeepsTheNewestAndTheYoungOfEachKind()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(0, 6).Select(i => test.Put(TestStore.Bytes(i, 500), $"{i}", at: 100 * i)).ToList();
        test.Store.SetRetention(
            new RetentionRule("replay", "test.bytes") { KeepLast = 2, KeepForMs = 250_000 }, TestStore.Now(500));
        test.Store.AddPin(puts[0].Key, "owner", TestStore.Now(500));

        var now = TestStore.Now(560);
        Assert.Equal([puts[1].Key, puts[2].Key, puts[3].Key], test.Store.Expired(now));
        Assert.Equal(3, test.Store.PlanCollection(AtOnce, now).Expiring);
        test.Store.Collect(AtOnce, now);

        Assert.Equal(
            [puts[0].Key, puts[4].Key, puts[5].Key],
            test.Store.List(ArtifactFilter.All).Select(info => info.Key));
    }

    [Fact]
    public void ExplanationNamesARuleForEveryBlock()
    {
        using var test = new TestStore();
        var held = test.Put(TestStore.Bytes(1, 40_000));
        test.Store.AddHold(held.Key, "case", null, TestStore.Now(2));
        test.Store.Idle(TestStore.Now(10));
        var gone = test.Put(TestStore.Bytes(2, 300_000));
        var live = test.Put(TestStore.Bytes(3, 300_000));
        test.Store.Remove([gone.Key], null, TestStore.Now(20));
        test.Store.Collect(new(), TestStore.Now(21));

        var verdicts = test.Store.ExplainCollection(new(), TestStore.Now(22)).ToList();
        Assert.Equal(test.Store.Stats.Blocks, verdicts.Count);
        Assert.Equal(1, verdicts.Count(verdict => verdict.Rule == BlockRule.Grace));
        var dropped = test.Store.ExplainCollection(new() { GraceMs = 0 }, TestStore.Now(22)).ToList();
        Assert.Equal(1, dropped.Count(verdict => verdict.Rule == BlockRule.Drop && verdict.DeadBytes == 300_000));
        Assert.True(live.Size > 0);
    }

    [Fact]
    public void PlanReadsOnlyWhatChanged()
    {
        using var test = new TestStore();
        for (var i = 0; i < 200; i++)
        {
            test.Put(TestStore.Bytes(i, 2_000), $"{i}");
        }

        var large = test.Put(TestStore.Bytes(999, 2_000_000));
        test.Store.PlanCollection(AtOnce, TestStore.Now(5));
        test.Store.Remove([large.Key], null, TestStore.Now(6));

        var plan = test.Store.PlanCollection(AtOnce, TestStore.Now(7));

        Assert.True(plan.DeadObjects is > 5 and < 100, $"{plan.DeadObjects}");
        Assert.True(plan.DeadBytes >= 2_000_000);
        Assert.Equal(0, plan.BytesToFree);
    }

    [Fact]
    public void APlanDoesNotWalkOverWhatTheLastOneSettled()
    {
        CountingFiles? files = null;
        using var test = new TestStore(through: disk => files = new CountingFiles(disk));
        using (var batch = test.Store.BeginBatch("replay"))
        {
            for (var i = 0; i < 8_000; i++)
            {
                batch.Add(i, new PutRequest { Type = "test.bytes", Brane = "replay" }, BitConverter.GetBytes(i));
            }

            batch.Complete(test.AttestTogether, TestStore.Now(2));
        }

        test.Store.SettleIndex();
        // Leaves 8,000 tombstones, which only merging takes away.
        test.Store.PlanCollection(AtOnce, TestStore.Now(5));
        var last = test.Store.List(ArtifactFilter.All).Last();
        test.Store.Remove([last.Key], null, TestStore.Now(6));
        var before = files!.BytesRead;

        Assert.Equal(1, test.Store.PlanCollection(AtOnce, TestStore.Now(7)).DeadObjects);
        Assert.InRange(files.BytesRead - before, 0, 128 * 1024);
    }

    private static ArtifactKey PutOther(TestStore test, byte[] bytes, string type, ArtifactKey? refersTo)
    {
        using var put = test.Store.BeginPut(new()
        {
            Type = type,
            Brane = "replay",
            Refs = refersTo is { } key ? [new("input", [ArtifactRef.To(key)])] : [],
        });
        put.Write(bytes);
        return put.Complete(list => [TestStore.Attest(test.Store, list[0], "replay")], TestStore.Now(1)).Key;
    }

    private static byte[] PackageOf(ContentId content, long size) =>
        PackageManifest.Create([new PackageFile("a", 420, content, size)]).Encode();
}
