using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Tests.Logs;

public sealed class LocalLogTests
{
    private static readonly StoreLimits Limits = new() { LogSegmentTarget = 2_000 };

    [Fact]
    public void RecordsComeBackInOrderAcrossFiles()
    {
        var files = NewDisk();
        using (var log = LocalLog.Create(files, Limits, [Record(1, 0)]))
        {
            for (var i = 2; i <= 50; i++)
            {
                log.Commit([Record(i, i % 3 == 0 ? 100 : 0)], first => Assert.Equal(i, first));
            }
        }

        Assert.Equal(Enumerable.Range(1, 50), Replay(files, out var recovery));
        Assert.True(files.List(LocalLog.Folder).Count > 1);
        Assert.Equal(50, recovery.Records);
    }

    [Fact]
    public void TailTornAtAnyByteIsCutAndAppendsGoOn()
    {
        var whole = NewDisk();
        using (var log = LocalLog.Create(whole, Limits, [Record(1, 0)]))
        {
            log.Commit([Record(2, 50)], _ => { });
            log.Commit([Record(3, 50), Record(4, 0)], _ => { });
        }

        var bytes = ReadFile(whole, "log/log-0000000000000001.asl");
        for (var cut = LogFileHeader.Size; cut < bytes.Length; cut++)
        {
            var files = DiskWith(bytes[..cut]);
            using (var log = LocalLog.Open(files, Limits, (_, _, _) => { }, out var recovery))
            {
                Assert.Equal(-1, recovery.FirstDamaged);
                log.Commit([Record((int)log.NextNumber, 0)], _ => { });
            }

            var numbers = Replay(files, out _);
            Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
        }
    }

    [Fact]
    public void CommitOfSeveralRecordsIsThereWholeOrNotAtAll()
    {
        var whole = NewDisk();
        using (var log = LocalLog.Create(whole, Limits, [Record(1, 0)]))
        {
            log.Commit([Record(2, 50), Record(3, 0), Record(4, 70)], _ => { });
            log.Commit([Record(5, 0)], _ => { });
            log.Commit([Record(6, 30), Record(7, 0)], _ => { });
        }

        var bytes = ReadFile(whole, "log/log-0000000000000001.asl");
        int[] ends = [1, 4, 5, 7];
        for (var cut = LogFileHeader.Size; cut < bytes.Length; cut++)
        {
            var files = DiskWith(bytes[..cut]);
            var count = Replay(files, out var recovery).Count;
            Assert.True(count == 0 || ends.Contains(count), $"cut at {cut}: {count} records");
            Assert.Equal(count, recovery.Records);
            using (var log = LocalLog.Open(files, Limits, (_, _, _) => { }, out _))
            {
                log.Commit([Record(count + 1, 10), Record(count + 2, 10)], first => Assert.Equal(count + 1, first));
            }

            Assert.Equal(Enumerable.Range(1, count + 2), Replay(files, out recovery));
            Assert.Equal((0, -1), (recovery.TornBytes, recovery.FirstDamaged));
        }
    }

    [Fact]
    public void FlippedByteBeforeALaterCommitIsDamageAndNothingIsCut()
    {
        var whole = NewDisk();
        using (var log = LocalLog.Create(whole, Limits, [Record(1, 0)]))
        {
            for (var i = 2; i <= 6; i++)
            {
                log.Commit([Record(i, 20)], _ => { });
            }
        }

        var bytes = ReadFile(whole, "log/log-0000000000000001.asl");
        var lastTwo = 2 * (LogFrame.HeaderSize + Record(6, 20).Record.Length + 20);
        for (var at = LogFileHeader.Size; at < bytes.Length - lastTwo; at++)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 0x10;
            var files = DiskWith(damaged);
            using var log = LocalLog.Open(files, Limits, (_, _, _) => { }, out var recovery);

            Assert.True(recovery.FirstDamaged > 0, $"byte {at}: {recovery}");
            Assert.Equal(damaged.Length, files.Length("log/log-0000000000000001.asl"));
            Assert.ThrowsAny<IOException>(() => log.Commit([Record(7, 0)], _ => { }));
        }
    }

    [Fact]
    public void TrimDropsInlineBytesAndKeepsRecordsHashesAndNumbers()
    {
        var files = NewDisk();
        using (var log = LocalLog.Create(files, Limits, [Record(1, 0)]))
        {
            for (var i = 2; i <= 40; i++)
            {
                log.Commit([Record(i, 300)], _ => { });
            }

            var chain = log.Chain;
            var length = log.Length;
            log.Roll();
            log.Trim(number => number == 17);

            Assert.Equal(chain, log.Chain);
            Assert.True(log.Length < length - 35 * 300);
            log.Commit([Record(41, 0)], first => Assert.Equal(41, first));
        }

        var kept = new List<long>();
        using var reopened = LocalLog.Open(
            files, Limits, (number, _, inline) => kept.AddRange(inline.IsEmpty ? [] : [number]), out var recovery);
        Assert.Equal(41, recovery.Records);
        Assert.Equal([17], kept);
    }

    [Fact]
    public void TrimCutShortAnywhereLeavesEveryRecord()
    {
        for (var call = 1; call <= 60; call++)
        {
            var files = NewDisk();
            var log = LocalLog.Create(files, Limits, [Record(1, 0)]);
            for (var i = 2; i <= 30; i++)
            {
                log.Commit([Record(i, 300)], _ => { });
            }

            files.FailAt(files.Calls + call, DiskFault.PowerLoss);
            try
            {
                log.Roll();
                log.Trim(_ => false);
            }
            catch (IOException)
            {
                Assert.True(call < 60);
            }

            files.Crash(CrashOutcome.Torn, (ulong)call);
            Assert.Equal(Enumerable.Range(1, 30), Replay(files, out _));
        }
    }

    [Fact]
    public async Task WritersThatWaitTogetherShareOneSync()
    {
        var files = NewDisk();
        using var log = LocalLog.Create(files, new StoreLimits(), [Record(1, 0)]);
        using var gate = new ManualResetEventSlim();
        var applied = new List<long>();
        var leader = Begin(log, 2, first =>
        {
            gate.Wait();
            applied.Add(first);
        });
        SpinWait.SpinUntil(() => log.Commits == 1);
        var second = Begin(log, 3, applied.Add);
        SpinWait.SpinUntil(() => log.Commits == 2); // Written while the first is applied, and waits for that.
        Task[] others = [.. Enumerable.Range(4, 32).Select(i => Begin(log, i, applied.Add))];
        SpinWait.SpinUntil(() => log.WaitingCount == 32);
        Assert.False(second.IsCompleted);
        Assert.Empty(applied);

        var before = files.Syncs;
        gate.Set();
        await Task.WhenAll([leader, second, .. others]);

        Assert.Equal(1, files.Syncs - before);
        Assert.Equal(3, log.Commits);
        Assert.Equal(Enumerable.Range(2, 34).Select(i => (long)i), applied);
    }

    [Fact]
    public async Task NothingIsWrittenNorHalfAppliedWhileTheLogIsQuiet()
    {
        using var log = LocalLog.Create(NewDisk(), new StoreLimits(), [Record(1, 0)]);
        using var gate = new ManualResetEventSlim();
        var applied = 0;
        var first = Begin(log, 2, _ =>
        {
            gate.Wait();
            applied++;
        });
        SpinWait.SpinUntil(() => log.Commits == 1);
        var second = Begin(log, 3, _ => applied++);
        SpinWait.SpinUntil(() => log.Commits == 2);
        var quiet = Task.Factory.StartNew(
            () => log.Quiesce(place => Assert.Equal(place.Record - 1, applied)), TaskCreationOptions.LongRunning);
        gate.Set();
        await Task.WhenAll(first, second, quiet);
    }

    [Fact]
    public void WhatCannotBeAppliedEndsAppending()
    {
        using var log = LocalLog.Create(NewDisk(), Limits, [Record(1, 0)]);
        Assert.Throws<IOException>(() => log.Commit(
            [Record(2, 0)], _ => throw new InvalidOperationException("not to be applied")));
        Assert.Throws<IOException>(() => log.Commit([Record(3, 0)], _ => { }));
        Assert.True(log.HasFailed);
    }

    [Fact]
    public void FullDiskRefusesACommitAndTakesTheNext()
    {
        var files = NewDisk();
        using (var log = LocalLog.Create(files, Limits, [Record(1, 0)]))
        {
            files.FailAt(files.Calls + 1, DiskFault.DiskFull);
            Assert.Throws<DiskFullException>(() => log.Commit([Record(2, 100)], _ => { }));
            log.Commit([Record(2, 0)], first => Assert.Equal(2, first));
        }

        Assert.Equal([1, 2], Replay(files, out _));
    }

    [Fact]
    public void AfterAFailedSyncTheLogRefusesUntilReopened()
    {
        var files = NewDisk();
        using var log = LocalLog.Create(files, Limits, [Record(1, 0)]);
        files.FailAt(files.Calls + 2, DiskFault.InputOutputError);

        Assert.ThrowsAny<IOException>(() => log.Commit([Record(2, 0)], _ => { }));
        Assert.ThrowsAny<IOException>(() => log.Commit([Record(2, 0)], _ => { }));
    }

    private static Task Begin(LocalLog log, int number, Action<long> applied) => Task.Factory.StartNew(
        () => log.Commit([Record(number, 0)], applied), TaskCreationOptions.LongRunning);

    private static LogItem Record(int number, int inline) =>
        new([.. BitConverter.GetBytes(number), .. new byte[20]], TestStore.Bytes(number, inline));

    private static MemoryFileSystem NewDisk()
    {
        var files = new MemoryFileSystem();
        files.CreateDirectory(LocalLog.Folder);
        files.SyncDirectory("");
        return files;
    }

    private static MemoryFileSystem DiskWith(byte[] log)
    {
        var files = NewDisk();
        using var file = files.Open("log/log-0000000000000001.asl", FileOpenMode.CreateNew);
        file.Append(log);
        return files;
    }

    private static byte[] ReadFile(MemoryFileSystem files, string path)
    {
        using var file = files.Open(path, FileOpenMode.Read);
        var bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    private static List<int> Replay(MemoryFileSystem files, out LogRecovery recovery)
    {
        var numbers = new List<int>();
        using var log = LocalLog.Open(
            files, Limits, (_, record, _) => numbers.Add(BitConverter.ToInt32(record)), out recovery);
        return numbers;
    }
}
