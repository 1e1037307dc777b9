using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage.Tests.Retention;

/// <summary>Quotas and the reserve.</summary>
public sealed class RoomTests
{
    [Fact]
    public void QuotaOfFilesRefusesTheNextArtifactAndNothingElse()
    {
        using var test = new TestStore(limits: new StoreLimits { QuotaFiles = 2 });
        var first = test.Put(TestStore.Bytes(1, 100), "a");
        test.Put(TestStore.Bytes(2, 100), "b");

        Assert.Equal("quota-files", Refused(() => test.Put(TestStore.Bytes(3, 100), "c")));
        Assert.True(test.Put(TestStore.Bytes(1, 100), "a").AlreadyThere);
        test.Store.Remove([first.Key], null, TestStore.Now(2));
        test.Put(TestStore.Bytes(3, 100), "c");
        Assert.Equal(2, test.Store.Stats.Artifacts);
    }

    [Fact]
    public void QuotaOfBytesRefusesWhatDoesNotFitAndLeavesNoTrace()
    {
        using var test = new TestStore(limits: new StoreLimits { QuotaBytes = 3_000_000 });
        var kept = test.Put(TestStore.Bytes(1, 2_000_000), "a");
        var files = test.CountBlockFiles();

        Assert.Equal("quota-bytes", Refused(() => test.Put(TestStore.Bytes(2, 2_000_000), "b")));
        Assert.Equal(files, test.CountBlockFiles());
        Assert.Empty(test.Files.List("blocks/open"));
        test.Put(TestStore.Bytes(1, 2_000_000), "the same bytes cost nothing");

        test.Store.Remove([.. test.Store.List(ArtifactFilter.All).Select(info => info.Key)], null, TestStore.Now(2));
        test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(3));
        test.Put(TestStore.Bytes(2, 2_000_000), "b");
        Assert.NotEqual(default, kept.Key);
    }

    /// <summary>Figures are counted as blocks come and go, not summed up each time somebody asks.</summary>
    [Fact]
    public void FiguresOfBlocksAreThoseOfTheFilesHere()
    {
        using var test = new TestStore();
        var first = test.Put(TestStore.Bytes(1, 2_000_000), "a");
        test.Put(TestStore.Bytes(2, 1_500_000), "b");
        RequireFiguresAsOnDisk(test);

        test.Store.Remove([first.Key], null, TestStore.Now(2));
        test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(3));
        RequireFiguresAsOnDisk(test);
        test.Reopen();
        RequireFiguresAsOnDisk(test);
    }

    [Fact]
    public void FullDiskCanStillDelete()
    {
        using var test = new TestStore(limits: new StoreLimits { ReserveBytes = 64 * 1024 });
        var stays = test.Put(TestStore.Bytes(1, 500_000), "stays");
        var goes = test.Put(TestStore.Bytes(2, 500_000), "goes");
        test.Store.KeepReserve();
        test.Files.Capacity = test.Files.Capacity == long.MaxValue ? Used(test) + 10 : test.Files.Capacity;

        Assert.Throws<DiskFullException>(() => test.Put(TestStore.Bytes(3, 500_000), "no room"));
        test.Store.Remove([goes.Key], null, TestStore.Now(2));
        test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(3));

        Assert.Equal(TestStore.Bytes(1, 500_000), test.Read(stays.Content));
        test.Put(TestStore.Bytes(3, 300_000), "room again");
        test.Crash();
        Assert.Equal(2, test.Store.Stats.Artifacts);
    }

    /// <summary>What recovery writes (here a signed head) must not keep the owner from deleting.</summary>
    [Fact]
    public void FullDiskCanBeOpenedAndThenDelete()
    {
        using var test = new TestStore(limits: new StoreLimits { ReserveBytes = 64 * 1024 });
        var goes = test.Put(TestStore.Bytes(2, 500_000), "goes");
        test.Store.Publish(goes.Key, "peers", TestStore.Now(2));
        test.Store.TakeSnapshot(TestStore.Now(3));
        test.Store.KeepReserve();
        DeleteHead(test);
        test.Files.Capacity = Used(test);
        test.Crash(CrashOutcome.KeepUnsynced);
        test.Store.Remove([goes.Key], null, TestStore.Now(4));
        test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(5));
        test.Put(TestStore.Bytes(3, 300_000), "room again");

        test.Files.Delete("reserve");
        test.Files.Capacity = 0;
        DeleteHead(test);
        test.Files.Crash(CrashOutcome.KeepUnsynced);
        Assert.Throws<DiskFullException>(
            () => DomainStore.Open(test.Files, test.Options, TestStore.Keys, TestStore.Now(6), out _));
        test.Files.Capacity = long.MaxValue;
        test.Crash();
    }

    /// <summary>Else the next put would take the room that the owner needs to delete.</summary>
    [Fact]
    public void WhereTheReserveWasGivenUpPutsLeaveAsMuchRoom()
    {
        using var test = new TestStore(limits: new StoreLimits { ReserveBytes = 64 * 1024 });
        var used = Used(test);
        test.Files.Capacity = used + 40 * 1024;
        Assert.Throws<DiskFullException>(() => test.Put(TestStore.Bytes(1, 100), "small"));
        test.Files.Capacity = used + 80 * 1024;
        test.Put(TestStore.Bytes(1, 100), "small");
        test.Files.Capacity = long.MaxValue / 2;
        test.Store.KeepReserve();
        test.Files.Capacity = Used(test) + 40 * 1024;
        test.Put(TestStore.Bytes(2, 100), "the reserve is there");
    }

    [Fact]
    public void ReserveCannotBeCompressedAway()
    {
        using var test = new TestStore(limits: new StoreLimits { ReserveBytes = 64 * 1024 });
        test.Store.KeepReserve();
        using var file = test.Files.Open("reserve", FileOpenMode.Read);
        var bytes = new byte[64 * 1024];
        Assert.Equal(bytes.Length, file.ReadAt(0, bytes));
        Assert.All(bytes.GroupBy(value => value), same => Assert.InRange(same.Count(), 1, 1024));
    }

    private static void DeleteHead(TestStore test) => test.Files.Delete(
        $"public/0/{test.Files.List("public/0").Single(name => name.StartsWith("head", StringComparison.Ordinal))}");

    /// <summary>The local log is the truth: what the public one has no room for is owed to it, neither lost nor a
    /// reason to refuse the next write.</summary>
    [Fact]
    public void FullDiskWhileThePublicLogIsWrittenIsSaidAndMadeGood()
    {
        var (owed, refused) = (0, 0);
        for (var room = 0; room < 3_000; room += 53)
        {
            using var test = new TestStore(limits: new StoreLimits { ReserveBytes = 64 * 1024 });
            var shown = test.Put(TestStore.Bytes(1, 500), "shown");
            var goes = test.Put(TestStore.Bytes(2, 500), "goes");
            test.Store.Publish(goes.Key, "internal", TestStore.Now(2));
            test.Store.TakeSnapshot(TestStore.Now(3));
            test.Store.KeepReserve();
            var size = test.Store.History.Size;

            test.Files.Capacity = Used(test) + room;
            try
            {
                test.Store.Publish(shown.Key, "internal", TestStore.Now(4));
                owed += test.Store.History.Size == size ? 1 : 0;
            }
            catch (DiskFullException)
            {
                refused++;
            }

            Assert.False(test.Store.ReadOnly);
            Assert.Equal(1, test.Store.Remove([goes.Key], null, TestStore.Now(5)));
            var head = test.Store.TakeSnapshot(TestStore.Now(6));
            Assert.True(head.Size > size + 1);
            var isShown = test.Store.TryGet(shown.Key, out var info) && info!.Published.Count == 1;

            test.Crash();
            Assert.Equal(head.Root, test.Store.TakeSnapshot(TestStore.Now(7)).Root);
            Assert.Equal(isShown, test.Store.TryGet(shown.Key, out info) && info!.Published.Count == 1);
            Assert.Empty(test.Store.Verify(VerifyDepth.Bytes, null));
        }

        Assert.True(owed > 0 && refused > 0, $"owed {owed}, refused {refused}");
    }

    private static void RequireFiguresAsOnDisk(TestStore test)
    {
        var names = test.Files.List("blocks/sealed").SelectMany(folder =>
            test.Files.List($"blocks/sealed/{folder}").Select(name => $"blocks/sealed/{folder}/{name}"));
        var lengths = names.Where(name => name.EndsWith(".blk", StringComparison.Ordinal)).Select(name =>
        {
            using var file = test.Files.Open(name, FileOpenMode.Read);
            return file.Length;
        }).ToList();
        Assert.NotEmpty(lengths);
        Assert.Equal((lengths.Count, lengths.Sum()), (test.Store.Stats.Blocks, test.Store.Stats.BlockBytes));
    }

    private static long Used(TestStore test)
    {
        test.Files.Capacity = long.MaxValue / 2;
        return test.Files.Capacity - test.Files.FreeSpace();
    }

    private static string Refused(Action action) => Assert.Throws<StoreRefusedException>(action).Code;
}
