using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class ImportTests
{
    /// <summary>Blocks of a quarter of a mebibyte, and buffers as small as they can be.</summary>
    private static readonly StoreLimits Limits = new()
    {
        LargeBlockTarget = 256 * 1024,
        SmallBlockTarget = 128 * 1024,
        UnsyncedBlocksMax = 2,
    };

    /// <summary>What a killed import loses: three buffers and a chunk that was not cut.</summary>
    private const long KilledMax = 4 * 2 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(1024 * 1024)]
    [InlineData(1024 * 1024 + 1)]
    [InlineData(7_000_000)]
    [InlineData(448 * 16 * 1024)]
    public void ContentOfAnySizeComesAndStaysAndProvesItself(int length)
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(length + 1, length));
        Assert.Equal(length, sample.Import(test.Store));
        Assert.Empty(test.Files.List(ImportJournal.Folder));
        test.Crash();
        Assert.Equal(sample.Bytes, test.Read(sample.Content));
        Assert.True(test.Store.TryGet(sample.Key, out var info));
        Assert.Equal((ImportSample.Source, "peers"), (info!.Domain, info.Audience));
        Assert.Empty(test.Store.Verify(VerifyDepth.Bytes, null));
        AssertServable(test.Store, sample);
        Assert.Equal(0, sample.Import(test.Store));
    }

    [Fact]
    public void ManyArtifactsComeWithOneCommit()
    {
        using var test = new TestStore(limits: Limits);
        var samples = Enumerable.Range(0, 500)
            .Select(i => new ImportSample(TestStore.Bytes(i, 500 + i), i.ToString(null, null))).ToList();
        var commits = test.Store.Stats.LogCommits;
        using (var batch = test.Store.BeginImport())
        {
            foreach (var sample in samples)
            {
                batch.Add(sample.Entry, ImportSample.Source, "peers");
                Assert.Equal(ImportNeed.Whole, batch.Need(sample.Content, sample.Bytes.Length, "peers"));
                batch.AddWhole(sample.Content, "peers", sample.Bytes);
            }

            Assert.Empty(test.Store.List(ArtifactFilter.All));
            batch.Complete(TestStore.Now(5));
        }

        // One for the artifacts; blocks that filled on the way became known before.
        Assert.InRange(test.Store.Stats.LogCommits - commits, 1, 3);
        test.Crash();
        Assert.Equal(500, test.Store.List(ArtifactFilter.All).Count());
        Assert.All(samples, sample => Assert.Equal(sample.Bytes, test.Read(sample.Content)));
        Assert.InRange(test.CountBlockFiles(), 1, 6);
    }

    [Fact]
    public void MiddlingContentsShareBlocks()
    {
        using var test = new TestStore();
        using var batch = test.Store.BeginImport();
        var samples = Enumerable.Range(0, 20).Select(i => new ImportSample(TestStore.Bytes(i, 200_000))).ToList();
        foreach (var sample in samples)
        {
            batch.Add(sample.Entry, ImportSample.Source, "peers");
            batch.Need(sample.Content, sample.Bytes.Length, "peers");
            batch.AddWhole(sample.Content, "peers", sample.Bytes);
        }

        batch.Complete(TestStore.Now(5));
        Assert.Equal(1, test.CountBlockFiles());
        Assert.All(samples, sample => AssertServable(test.Store, sample));
        Assert.All(samples, sample => Assert.Equal(sample.Bytes, test.Read(sample.Content)));
    }

    [Fact]
    public void BytesOfAnotherAudienceAreCopiedAndOfAWiderOneUsed()
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(1, 3_000_000));
        sample.Import(test.Store, "friends");
        var blocks = test.CountBlockFiles();
        Assert.Equal(0, sample.Import(test.Store, "internal"));
        Assert.Equal(blocks, test.CountBlockFiles());
        Assert.Equal(0, sample.Import(test.Store, "peers"));
        Assert.InRange(test.CountBlockFiles(), 2 * blocks - 2, 2 * blocks + 2);
    }

    [Theory]
    [InlineData(CrashOutcome.KeepUnsynced)]
    [InlineData(CrashOutcome.LoseUnsynced)]
    [InlineData(CrashOutcome.Torn)]
    public void KilledImportGoesOnWhereItsBlocksEnd(CrashOutcome outcome)
    {
        var sample = new ImportSample(TestStore.Bytes(11, 20_000_000));
        for (var killed = 3_000_000; killed < sample.Bytes.Length; killed += 4_700_000)
        {
            using var test = new TestStore(limits: Limits);
            using (var batch = test.Store.BeginImport())
            {
                batch.Add(sample.Entry, ImportSample.Source, "peers");
                var import = batch.Begin(sample.Content, sample.Bytes.Length, "peers");
                sample.Write(import, killed);
                test.Files.FailAt(test.Files.Calls + 1, DiskFault.PowerLoss);
            }

            test.Crash(outcome, (ulong)killed);
            Assert.Empty(test.Store.List(ArtifactFilter.All));
            using (var batch = test.Store.BeginImport())
            {
                batch.Add(sample.Entry, ImportSample.Source, "peers");
                Assert.Equal(ImportNeed.Groups, batch.Need(sample.Content, sample.Bytes.Length, "peers"));
                var import = batch.Begin(sample.Content, sample.Bytes.Length, "peers");
                Assert.InRange(import.Position, killed - KilledMax, killed + ImportSample.Group);
                if (outcome == CrashOutcome.KeepUnsynced)
                    Assert.InRange(killed - import.Position, long.MinValue, import.BytesAgain + ImportSample.Group);
                Assert.InRange(import.BytesAgain, 0, KilledMax);
                sample.Write(import);
                batch.Complete(TestStore.Now(6));
            }

            Assert.Empty(test.Files.List(ImportJournal.Folder));
            test.Crash();
            Assert.Equal(sample.Bytes, test.Read(sample.Content));
            Assert.Empty(test.Store.Verify(VerifyDepth.Bytes, null));
            AssertServable(test.Store, sample);
        }
    }

    [Fact]
    public void ImportKilledAgainAndAgainComesToItsEnd()
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(12, 20_000_000));
        long reached = 0, brought = 0;
        for (var life = 0; reached < sample.Bytes.Length; life++)
        {
            Assert.InRange(life, 0, 12);
            using var batch = test.Store.BeginImport();
            batch.Need(sample.Content, sample.Bytes.Length, "peers");
            var import = batch.Begin(sample.Content, sample.Bytes.Length, "peers");
            Assert.InRange(import.Position, reached - KilledMax, reached);
            var from = import.Position;
            sample.Write(import, reached = Math.Min(reached + 2_500_000, sample.Bytes.Length));
            brought += import.Position - from;
            if (reached < sample.Bytes.Length)
            {
                test.Files.FailAt(test.Files.Calls + 1, DiskFault.PowerLoss);
                batch.Dispose();
                test.Crash(CrashOutcome.KeepUnsynced, (ulong)life);
                continue;
            }

            batch.Complete(TestStore.Now(7));
        }

        Assert.Equal(sample.Bytes, test.Read(sample.Content));
        Assert.Empty(test.Files.List(ImportJournal.Folder));
        Assert.InRange(brought, sample.Bytes.Length, 12 * KilledMax);
    }

    [Fact]
    public void ImportGivenUpLosesNothingThatHadCome()
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(13, 9_000_000));
        using (var batch = test.Store.BeginImport())
        {
            sample.Write(batch.Begin(sample.Content, sample.Bytes.Length, "peers"), 8_000_000);
        }

        using var next = test.Store.BeginImport();
        var import = next.Begin(sample.Content, sample.Bytes.Length, "peers");
        Assert.InRange(import.Position, 8_000_000 - KilledMax, 8_000_000);
        Assert.InRange(import.Position, 1, long.MaxValue);
    }

    [Fact]
    public void GroupsThatAreNotTheContentsAreRefusedAndForgotten()
    {
        using var test = new TestStore(limits: Limits);
        var (sample, other) = (
            new ImportSample(TestStore.Bytes(14, 3_000_000)), new ImportSample(TestStore.Bytes(15, 3_000_000)));
        using (var batch = test.Store.BeginImport())
        {
            batch.Add(sample.Entry, ImportSample.Source, "peers");
            batch.Need(sample.Content, sample.Bytes.Length, "peers");
            other.Write(batch.Begin(sample.Content, sample.Bytes.Length, "peers"));
            var refused = Assert.Throws<StoreRefusedException>(() => batch.Complete(TestStore.Now(5)));
            Assert.Equal("wrong-content", refused.Code);
        }

        Assert.Empty(test.Store.List(ArtifactFilter.All));
        Assert.Empty(test.Files.List(ImportJournal.Folder));
        Assert.Equal(3_000_000, sample.Import(test.Store));
        Assert.Equal(sample.Bytes, test.Read(sample.Content));
    }

    [Fact]
    public void WholeBytesThatAreNotTheContentAreRefused()
    {
        using var test = new TestStore(limits: Limits);
        using var batch = test.Store.BeginImport();
        foreach (var length in new[] { 100, 100_000 })
        {
            var sample = new ImportSample(TestStore.Bytes(16, length));
            var refused = Assert.Throws<StoreRefusedException>(
                () => batch.AddWhole(sample.Content, "peers", TestStore.Bytes(17, length)));
            Assert.Equal("wrong-content", refused.Code);
        }
    }

    [Fact]
    public void WhatDidNotComeIsNotMadeVisible()
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(18, 2_000));
        using var batch = test.Store.BeginImport();
        batch.Add(sample.Entry, ImportSample.Source, "peers");
        Assert.Equal(ImportNeed.Whole, batch.Need(sample.Content, 2_000, "peers"));
        Assert.Equal(
            "incomplete", Assert.Throws<StoreRefusedException>(() => batch.Complete(TestStore.Now(5))).Code);
        Assert.Empty(test.Store.List(ArtifactFilter.All));
    }

    [Fact]
    public void CollectionLeavesAnImportUnderWayAloneAndTakesAnAbandonedOne()
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(19, 9_000_000));
        var atOnce = new CollectionOptions { GraceMs = 0 };
        using (var batch = test.Store.BeginImport())
        {
            batch.Add(sample.Entry, ImportSample.Source, "peers");
            batch.Need(sample.Content, sample.Bytes.Length, "peers");
            var import = batch.Begin(sample.Content, sample.Bytes.Length, "peers");
            sample.Write(import, 8_500_000);
            Assert.InRange(test.CountBlockFiles(), 5, 100);
            test.Store.Collect(atOnce, TestStore.Now(10));
            test.Store.Collect(atOnce, TestStore.Now(11));
            sample.Write(import);
            batch.Complete(TestStore.Now(12));
        }

        Assert.Equal(sample.Bytes, test.Read(sample.Content));
        var other = new ImportSample(TestStore.Bytes(20, 9_000_000));
        using (var batch = test.Store.BeginImport())
        {
            other.Write(batch.Begin(other.Content, other.Bytes.Length, "peers"), 8_500_000);
        }

        var blocks = test.CountBlockFiles();
        test.Store.Collect(atOnce, TestStore.Now(20));
        test.Store.Collect(atOnce, TestStore.Now(21));
        test.Store.Collect(atOnce, TestStore.Now(22));
        Assert.InRange(test.CountBlockFiles(), 1, blocks - 5);
        Assert.Empty(test.Files.List(ImportJournal.Folder));
        Assert.Equal(9_000_000, other.Import(test.Store));
        Assert.Equal(other.Bytes, test.Read(other.Content));
    }

    [Fact]
    public void TwoImportsOfOneContentDoNotDisturbEachOther()
    {
        using var test = new TestStore(limits: Limits);
        var sample = new ImportSample(TestStore.Bytes(21, 5_000_000));
        using var first = test.Store.BeginImport();
        using var second = test.Store.BeginImport();
        foreach (var batch in new[] { first, second })
        {
            batch.Add(sample.Entry, ImportSample.Source, "peers");
            batch.Need(sample.Content, sample.Bytes.Length, "peers");
        }

        var (one, two) = (
            first.Begin(sample.Content, sample.Bytes.Length, "peers"),
            second.Begin(sample.Content, sample.Bytes.Length, "peers"));
        sample.Write(one, 4_000_000);
        sample.Write(two);
        second.Complete(TestStore.Now(5));
        sample.Write(one);
        first.Complete(TestStore.Now(6));
        test.Crash();
        Assert.Equal(sample.Bytes, test.Read(sample.Content));
        Assert.Empty(test.Store.Verify(VerifyDepth.Bytes, null));
        Assert.Empty(test.Files.List("blocks/open"));
    }

    private static void AssertServable(DomainStore store, ImportSample sample)
    {
        using var reader = store.OpenContent(sample.Content);
        var all = ByteRanges.All(reader.Size);
        var encoder = new BaoEncoder(sample.Content.Hash, reader.Size, reader.Outboard, all, reader.Unchecked);
        var buffer = new byte[1 << 16];
        while (!encoder.IsDone)
        {
            encoder.Read(buffer);
            Assert.Equal(BaoError.None, encoder.Error);
        }
    }
}
