using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Tests.Index;

/// <summary>A whole store whose index is sealed and merged all the time.</summary>
public sealed class IndexedStoreTests
{
    private static readonly StoreLimits Limits = new()
    {
        IndexMemory = 64 * 1024,
        IndexQuietEntries = 50,
        InlineContentMax = 2048,
        SmallBlockTarget = 32 * 1024,
        IdleBlockMin = 1,
        LogSegmentTarget = 40_000,
    };

    [Fact]
    public void TheSameIsAnsweredByASealedIndexByNoneAndByOneThatIsMadeAgain()
    {
        using var test = new TestStore(limits: Limits);
        for (var round = 0; round < 6; round++)
        {
            Change(test, round);
            var live = Describe(test.Store);
            Assert.Equal("", Reopened(test, out var first));
            Assert.Equal(live, first);
            test.Store.Dispose();
            DomainStore.DropIndex(test.Files);
            Assert.Equal("", Reopened(test, out var rebuilt));
            Assert.Equal(live, rebuilt);
        }
    }

    [Fact]
    public void OnlyTheTailOfASealedLogIsReplayed()
    {
        using var test = new TestStore(limits: Limits);
        Change(test, 0);
        Change(test, 1);
        test.Store.SettleIndex();
        var all = test.Store.Stats.LogRecords;
        test.Put(TestStore.Bytes(77, 100), "after");
        var live = Describe(test.Store);
        var report = test.Reopen();
        Assert.Null(report.IndexDropped);
        Assert.Equal(all + 1, report.Records);
        Assert.InRange(report.RecordsReplayed, 1, all / 4);
        Assert.Equal(live, Describe(test.Store));
    }

    /// <summary>What a power loss leaves of appends that were not synced: their length, and zeros.</summary>
    [Fact]
    public void WhatLiesBehindTheSealedPlaceInThePublicFilesTakesNothingAlong()
    {
        using var test = new TestStore(limits: Limits);
        test.Store.Publish(test.Put([1], "a").Key, "peers", TestStore.Now(2));
        test.Store.SettleIndex();
        test.Store.Dispose();
        foreach (var (name, length) in new[] { ("leaves", 40), ("bodies.ends", 20), ("bodies", 7) })
        {
            using var file = test.Files.Open($"public/0/{name}", FileOpenMode.ReadWrite);
            file.Append(new byte[length]);
        }

        var report = test.Reopen();

        Assert.Null(report.IndexDropped);
        Assert.Empty(test.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null));
    }

    [Fact]
    public void OpeningCostsWhatIsKeptNotWhatEverWas()
    {
        using var test = new TestStore(limits: Limits);
        var key = test.Put(TestStore.Bytes(1, 100), "a").Key;
        test.Store.AddPin(key, "stays", TestStore.Now(2));
        var few = BytesReadToOpen(test, key, rounds: 3);
        var many = BytesReadToOpen(test, key, rounds: 400);
        Assert.InRange(many, 1, few + 2 * Limits.LogSegmentTarget); // Every record ever: four files more, or five.
        Assert.Equal("stays", Assert.Single(test.Store.Pins).Name);
        Assert.Equal("case", Assert.Single(test.Store.Holds).Name);
        Assert.Equal(400, Assert.Single(test.Store.RetentionRules).KeepLast);
    }

    private static long BytesReadToOpen(TestStore test, ArtifactKey key, int rounds)
    {
        for (var round = 1; round <= rounds; round++)
        {
            test.Store.AddPin(key, "goes", TestStore.Now(round));
            test.Store.RemovePin(key, "goes", TestStore.Now(round));
            test.Store.AddHold(key, "case", $"round {round}", TestStore.Now(round));
            test.Store.SetRetention(new RetentionRule("replay", null) { KeepLast = round }, TestStore.Now(round));
        }

        // What waits for a block has the log read from there on.
        test.Store.Idle(TestStore.Now(10_000));
        test.Store.SettleIndex();
        test.Store.Dispose();
        var files = new CountingFiles(test.Files);
        using (DomainStore.Open(files, test.Options, TestStore.Keys, TestStore.Now(1), out _))
        {
        }

        test.Reopen();
        return files.BytesRead;
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("page")]
    [InlineData("segment")]
    [InlineData("leaves")]
    [InlineData("rolled back")]
    public void WhatIsDamagedIsMadeAgainFromTheLogInOneLine(string where)
    {
        using var test = new TestStore(limits: Limits);
        Change(test, 0);
        Change(test, 1);
        var earlier = test.Files.Copy();
        Change(test, 2);
        test.Store.SettleIndex();
        var live = Describe(test.Store);
        test.Store.Dispose();
        var shard = "index/shard-004";
        var segment = $"{shard}/{test.Files.List(shard)[0]}";
        switch (where)
        {
            case "manifest":
                test.Files.Flip($"index/{test.Files.List("index").Single(name => name[0] == 'm')}", 40);
                break;
            case "page":
                test.Files.Flip(segment, 4096 + 50);
                break;
            case "segment":
                test.Files.Delete(segment);
                break;
            case "leaves":
                using (var leaves = test.Files.Open("public/0/leaves", FileOpenMode.ReadWrite))
                {
                    leaves.Truncate(32);
                }

                break;
            default:
                CopyLog(earlier, test.Files);
                break;
        }

        using var store = DomainStore.Open(test.Files, test.Options, TestStore.Keys, TestStore.Now(1), out var report);
        Assert.NotNull(report.IndexDropped);
        Assert.Contains("index made again from the log", report.ToString(), StringComparison.Ordinal);
        Assert.Equal(where == "rolled back", Describe(store) != live);
        Assert.Equal(where == "rolled back", store.ReadOnly);
    }

    [Fact]
    public void APowerLossAtAnyCallOfSealingAndMergingLosesNothing()
    {
        var calls = Sweep(call: 0, CrashOutcome.LoseUnsynced, out var before);
        Assert.InRange(calls, 60, 20_000);
        var stride = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 1 : 1 + calls / 10;
        for (var call = 1; call <= calls; call += stride)
        {
            Sweep(call, call % 2 == 0 ? CrashOutcome.Torn : CrashOutcome.LoseUnsynced, out var after);
            Assert.Equal(before, after);
        }
    }

    /// <summary>Fills a store without index work, loses power at a call of that work, opens again.</summary>
    private static int Sweep(int call, CrashOutcome outcome, out string described)
    {
        using var test = new TestStore(limits: Limits);
        Change(test, 0, withIdle: false);
        Change(test, 1, withIdle: false);
        var begin = test.Files.Calls;
        if (call > 0)
        {
            test.Files.FailAt(begin + call, DiskFault.PowerLoss);
        }

        try
        {
            while (test.Store.Maintain(TestStore.Now(1000)))
            {
            }
        }
        catch (IOException) when (call > 0)
        {
            described = "";
        }

        var calls = test.Files.Calls - begin;
        var report = test.Crash(outcome, (ulong)call + 1);
        Assert.True(report.IsClean, report.ToString());
        described = Describe(test.Store);
        return calls;
    }

    private static void Change(TestStore test, int round, bool withIdle = true)
    {
        var keys = new List<ArtifactKey>();
        for (var i = 0; i < 60; i++)
        {
            var size = i % 9 == 0 ? 6_000 : 40 + i % 7;
            keys.Add(test.Put(
                TestStore.Bytes(round * 100 + i / 2, size), $"{round}/{i}", i % 5 == 0 ? "peers" : "internal",
                i % 11 == 0 ? "acme" : null, "replay", at: 1000 - round * 7 - i % 13).Key);
            if (withIdle && i % 13 == 0)
            {
                test.Store.Idle(TestStore.Now(2000 + round * 100 + i * 3));
            }
        }

        for (var i = 0; i < keys.Count; i += 3)
        {
            test.Store.Publish(keys[i], i % 2 == 0 ? "peers" : "public", TestStore.Now(5000 + round));
        }

        test.Store.TakeSnapshot(TestStore.Now(5100 + round));
        for (var i = 0; i < keys.Count; i += 12)
        {
            test.Store.Unpublish(keys[i], "peers", TestStore.Now(5200 + round));
        }

        test.Store.AddPin(keys[1], $"pin {round}", TestStore.Now(5300));
        test.Store.AddHold(keys[2], $"case {round}", "because", TestStore.Now(5300));
        test.Store.Remove([keys[5], keys[7]], "old", TestStore.Now(5300));
        test.Store.Evict(test.Store.PlanEviction([keys[9], keys[18]]), TestStore.Now(5400));
        test.Store.Repack(TestStore.Now(5500), 0.9);
        test.Put(TestStore.Bytes(round * 100 + 3, 43), $"{round}/7", at: 1000);
        if (withIdle)
        {
            test.Store.TakeSnapshot(TestStore.Now(5600 + round));
            test.Store.Idle(TestStore.Now(9000 + round * 100));
        }
    }

    private static string Reopened(TestStore test, out string described)
    {
        var report = test.Reopen();
        described = Describe(test.Store);
        return report.IndexDropped ?? "";
    }

    /// <summary>Everything a store can be asked, as text.</summary>
    private static string Describe(DomainStore store)
    {
        var lines = new List<string> { $"current {store.Current}", $"artifacts {store.Stats.Artifacts}" };
        lines.AddRange(store.Published.Roots().Select(published => $"{published.Audience} {published.Root}"));
        lines.AddRange(store.Pins.Select(pin => $"pin {pin}"));
        lines.AddRange(store.Holds.Select(hold => $"hold {hold}"));
        Assert.True(store.History.TryRoot(0, store.History.Size, out var root));
        lines.Add($"head {store.History.Head?.Size} {store.History.Size} {root}");
        foreach (var info in store.List(new ArtifactFilter { IncludesRemoved = true }))
        {
            var entry = Convert.ToHexString(Primitives.Hashing.Blake3.Hash(info.Entry).AsSpan());
            lines.Add($"{info with { Published = [] }} {string.Join(',', info.Published)} {entry}");
            Assert.True(info.RemovedUnixMs is not null || store.TryGet(info.Key, out _));
        }

        return string.Join('\n', lines);
    }

    private static void CopyLog(MemoryFileSystem from, MemoryFileSystem to)
    {
        foreach (var name in to.List("log"))
        {
            to.Delete($"log/{name}");
        }

        foreach (var name in from.List("log"))
        {
            using var source = from.Open($"log/{name}", FileOpenMode.Read);
            var bytes = new byte[source.Length];
            source.ReadAt(0, bytes);
            using var target = to.Open($"log/{name}", FileOpenMode.CreateNew);
            target.Append(bytes);
            target.Sync();
        }
    }
}
