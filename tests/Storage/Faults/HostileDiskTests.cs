using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>Disks that fail while they are read, lie about a flush, let bytes rot, or are slow: errors are typed, wrong
/// bytes are never handed out, and what is lost is found. Every place with <c>OMEGA_FULL=1</c>, else a slice.</summary>
public sealed class HostileDiskTests
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1";

    public static TheoryData<string> Names => [.. Operation.All.Select(operation => operation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ReadThatFailsInsideAnOperationLosesNothing(string name)
    {
        var operation = Operation.All.Single(known => known.Name == name);
        IReadOnlyList<string> before, after;
        int reads;
        using (var plain = Stage.Open())
        {
            before = plain.Observe();
            var from = plain.Disk.Reads;
            operation.Run(plain);
            reads = plain.Disk.Reads - from;
            after = plain.Observe();
        }

        for (var read = 1; read <= reads; read += Step(reads, 2))
        {
            using var stage = Stage.Open();
            stage.Disk.FailReadAt(stage.Disk.Reads + read);
            var failure = Record.Exception(() => operation.Run(stage));
            Assert.True(failure is null or IOException, $"{name} at read {read}: {failure}");
            stage.Crash(CrashOutcome.KeepUnsynced, 1);
            var strange = stage.Observe().Except(before).Except(after).Where(fact => !IsDerived(fact));
            Assert.True(!strange.Any(), $"{name} at read {read}: {string.Join("; ", strange)}");
            Assert.Equal("", stage.Leftovers());
        }
    }

    /// <summary>Above all: bytes that cannot be read now are no torn tail.</summary>
    [Fact]
    public void ReadThatFailsWhileOpeningCutsNothing()
    {
        IReadOnlyList<string> facts;
        int reads;
        using (var plain = Stage.Open())
        {
            facts = plain.Observe();
            plain.Test.Dispose();
            var from = plain.Disk.Reads;
            plain.Reopen();
            reads = plain.Disk.Reads - from;
        }

        for (var read = 1; read <= reads; read += Step(reads, 25))
        {
            using var stage = Stage.Open();
            stage.Test.Dispose();
            stage.Disk.FailReadAt(stage.Disk.Reads + read);
            var failure = Record.Exception(stage.Reopen);
            Assert.True(failure is null or IOException, $"at read {read}: {failure}");
            stage.Reopen();
            Assert.Equal(facts, stage.Observe());
            Assert.Equal("", stage.Leftovers());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatALostFlushTakesIsFound(string name)
    {
        var operation = Operation.All.Single(known => known.Name == name);
        using var plain = Stage.Open();
        var before = plain.Observe();
        var first = plain.Disk.Calls + 1;
        plain.Disk.Tracing = true;
        operation.Run(plain);
        var after = plain.Observe();
        var syncs = plain.Disk.Trace.Where(call => call.Call >= first && call.Operation is "sync" or "syncdir")
            .Select(call => call.Call - first).ToList();
        for (var i = 0; i < syncs.Count; i += Step(syncs.Count, 2))
        {
            using var stage = Stage.Open();
            stage.Disk.FailAt(stage.Disk.Calls + 1 + syncs[i], DiskFault.LostFlush);
            operation.Run(stage);
            stage.Disk.Crash(CrashOutcome.LoseUnsynced);
            if (Record.Exception(stage.Reopen) is { } refused)
            {
                Assert.True(refused is IOException, $"{name}, sync {i}: {refused}");
                continue;
            }

            // Of what stood before and still stands after the operation nothing goes without a word.
            var lost = before.Intersect(after).Except(Told(stage)).Where(fact => !IsDerived(fact)).ToList();
            Assert.True(
                lost.Count == 0 || stage.Store.ReadOnly || stage.Store.Verify(VerifyDepth.Bytes, null).Any(),
                $"{name}, sync {i}: lost without a word: {string.Join("; ", lost)}");
        }
    }

    [Theory]
    [InlineData("log")]
    [InlineData("blocks")]
    [InlineData("index")]
    [InlineData("public")]
    [InlineData("snapshots")]
    [InlineData("health")]
    [InlineData("gc")]
    public void RottenByteIsFoundAndNeverHandedOut(string folder)
    {
        IReadOnlyList<string> facts;
        List<(string Path, long Offset)> places;
        using (var plain = Stage.Open())
        {
            facts = plain.Observe();
            places = [.. Files(plain.Disk, folder).SelectMany(path => Offsets(plain.Disk.Length(path), path))];
        }

        foreach (var (path, offset) in places.Where((_, i) => i % Step(places.Count, 12) == 0))
        {
            using var stage = Stage.Open();
            stage.Test.Dispose();
            stage.Disk.Flip(path, offset, 0x40);
            if (Record.Exception(stage.Reopen) is { } refused)
            {
                Assert.True(refused is IOException, $"{path} at {offset}: {refused}");
                continue;
            }

            // A read that hands out other bytes shows as a fact that was not there before.
            var strange = Told(stage).Except(facts).Where(fact => !IsDerived(fact));
            var isFound = stage.Store.ReadOnly || stage.Store.Verify(VerifyDepth.Bytes, null).Any();
            Assert.True(isFound || !strange.Any(), $"{path} at {offset}: {string.Join("; ", strange)}");
            if (folder is "blocks" && path.EndsWith(".blk", StringComparison.Ordinal))
            {
                Assert.True(isFound, $"{path} at {offset} was not found");
            }
        }
    }

    [Fact]
    public async Task SlowDiskHoldsUpNoReader()
    {
        using var stage = Stage.Open();
        using var arrived = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        stage.Disk.Before = call =>
        {
            if (call is { Operation: "sync" } && call.Path.StartsWith("log/", StringComparison.Ordinal))
            {
                arrived.Release();
                goOn.Wait();
            }
        };
        var writing = Task.Run(() => stage.Put("new"));
        await arrived.WaitAsync();
        var reading = Task.Run(() => (stage.Observe(), stage.Store.PlanCollection(new(), Stage.Now(1))));
        var isRead = await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(30))) == reading;
        goOn.Set();
        await writing;

        Assert.True(isRead, "a reader waited for a slow sync");
        Assert.DoesNotContain((await reading).Item1, fact => fact.StartsWith("new:", StringComparison.Ordinal));
        Assert.Contains(stage.Observe(), fact => fact.StartsWith("new:", StringComparison.Ordinal));
    }

    private static int Step(int count, int slice) => IsFull ? 1 : Math.Max(1, count / slice);

    private static bool IsDerived(string fact) => Operation.DerivedFacts.Any(
        prefix => fact.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>What can be told; where a page of the index turns out to be damaged, after opening again.</summary>
    private static IReadOnlyList<string> Told(Stage stage)
    {
        try
        {
            return stage.ObserveDamaged();
        }
        catch (Storage.Index.Segments.IndexDamagedException)
        {
            stage.Reopen();
            return stage.ObserveDamaged();
        }
    }

    private static IEnumerable<string> Files(MemoryFileSystem disk, string folder) => disk.List(folder)
        .SelectMany(name => disk.List($"{folder}/{name}").Count > 0 || !IsFile(disk, $"{folder}/{name}")
            ? Files(disk, $"{folder}/{name}")
            : [$"{folder}/{name}"]);

    private static bool IsFile(MemoryFileSystem disk, string path)
    {
        try
        {
            return disk.Length(path) >= 0;
        }
        catch (FileNotFoundException)
        {
            return false; // a folder
        }
    }

    private static IEnumerable<(string, long)> Offsets(long length, string path) =>
        new[] { 0, length / 3, length / 2, length - 70, length - 1 }
            .Where(offset => offset >= 0 && offset < length).Distinct().Select(offset => (path, offset));
}
