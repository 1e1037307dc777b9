using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class ArtifactBatchTests
{
    private static readonly PutRequest Request = new() { Type = "test.bytes", Brane = "replay" };

    [Fact]
    public void BatchOfAnySizesIsWholeAfterPowerLoss()
    {
        using var test = new TestStore();
        int[] sizes = [0, 1, 1000, 1000, 65_536, 65_537, 300_000, 2_500_000];

        var results = Complete(test, sizes.Select((size, i) => TestStore.Bytes(i + 1, size)).ToList());
        var report = test.Crash();

        Assert.True(report.IsClean, report.ToString());
        Assert.Equal(sizes.Select(size => (long)size), results.Select(result => result.Size));
        for (var i = 0; i < sizes.Length; i++)
        {
            Assert.Equal(TestStore.Bytes(i + 1, sizes[i]), test.Read(results[i].Content));
            Assert.True(test.Store.TryGet(results[i].Key, out var info));
            Assert.Equal("replay", info!.Brane);
        }

        Assert.Empty(test.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null));
    }

    [Fact]
    public void SmallArtifactsOfABatchShareOneSync()
    {
        using var test = new TestStore();
        var before = test.Files.Syncs;

        Complete(test, Enumerable.Range(1, 500).Select(i => TestStore.Bytes(i, 1024)).ToList());

        Assert.Equal(1, test.Files.Syncs - before);
        Assert.Equal(500, test.Store.Stats.Artifacts);
        Assert.Equal(500 * 1024, test.Store.Stats.PendingBytes);
    }

    [Fact]
    public void ContentsThatFillABlockDoNotPassThroughTheLog()
    {
        using var test = new TestStore(limits: new StoreLimits { SmallBlockTarget = 256 * 1024 });
        var contents = Enumerable.Range(1, 500).Select(i => TestStore.Bytes(i, 1024)).ToList();

        var results = Complete(test, contents);
        test.Crash();

        Assert.Equal(0, test.Store.Stats.PendingBytes);
        Assert.Equal(2, test.CountBlockFiles());
        Assert.True(test.Store.Stats.LogBytes <= 500 * 1536, $"{test.Store.Stats.LogBytes} bytes of log");
        Assert.All(results, result => Assert.True(test.Store.HasContent(result.Content)));
        Assert.Equal(contents[499], test.Read(results[499].Content));
    }

    [Fact]
    public void SecondBatchOfTheSameChangesNothing()
    {
        using var test = new TestStore();
        var contents = Enumerable.Range(1, 100).Select(i => TestStore.Bytes(i, 2000)).ToList();
        var first = Complete(test, contents);
        var records = test.Store.Stats.LogRecords;

        var second = Complete(test, contents, _ => throw new InvalidOperationException("nothing is to be attested"));

        Assert.Equal(records, test.Store.Stats.LogRecords);
        Assert.All(second, result => Assert.True(result.AlreadyThere));
        Assert.Equal(first.Select(result => result.Key), second.Select(result => result.Key));
    }

    [Fact]
    public void ArtifactThatComesTwiceIsAdmittedOnce()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 2000);

        var results = Complete(test, [bytes, bytes]);

        Assert.Equal(results[0].Key, results[1].Key);
        Assert.False(results[0].AlreadyThere);
        Assert.True(results[1].AlreadyThere);
        Assert.Equal(2000, test.Store.Stats.PendingBytes);
        Assert.Equal(1, test.Store.Stats.Artifacts);
    }

    [Fact]
    public void ContentOfTwoArtifactsIsStoredOnce()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, 2000);
        using var batch = test.Store.BeginBatch("replay");
        batch.Add(1, Request with { Type = "b" }, bytes);
        batch.Add(0, Request with { Type = "a" }, bytes);

        var results = batch.Complete(Attest(test), TestStore.Now(2));
        test.Crash();

        Assert.NotEqual(results[0].Key, results[1].Key);
        Assert.Equal(2000, test.Store.Stats.PendingBytes);
        Assert.Equal(
            ["a", "b"], results.Select(result => test.Store.TryGet(result.Key, out var info) ? info!.Type : ""));
    }

    [Fact]
    public void RefusedAttestationAdmitsNone()
    {
        using var test = new TestStore(limits: new StoreLimits { SmallBlockTarget = 64 * 1024 });
        var records = test.Store.Stats.LogRecords;
        var attest = Attest(test);

        var refused = Assert.Throws<StoreRefusedException>(() => Complete(
            test,
            Enumerable.Range(1, 200).Select(i => TestStore.Bytes(i, 1024)).ToList(),
            descriptors => [.. attest(descriptors).Reverse()]));

        Assert.Equal("attestation-wrong", refused.Code);
        Assert.Equal(records, test.Store.Stats.LogRecords);
        Assert.Empty(test.Store.List(ArtifactFilter.All));
        Assert.Empty(test.Files.List("blocks/open"));
    }

    [Fact]
    public void DisposedBatchLeavesNoTrace()
    {
        using var test = new TestStore();
        using (var batch = test.Store.BeginBatch("replay"))
        {
            batch.Add(0, Request, TestStore.Bytes(1, 1000));
            using var content = batch.BeginContent(1, Request);
            content.Write(TestStore.Bytes(2, 9_000_000));
            content.End();
        }

        Assert.Empty(test.Files.List("blocks/open"));
        Assert.Empty(test.Store.List(ArtifactFilter.All));
    }

    [Fact]
    public void IndexLeftOutIsAnError()
    {
        using var test = new TestStore();
        using var batch = test.Store.BeginBatch("replay");
        batch.Add(1, Request, TestStore.Bytes(1, 10));

        Assert.Throws<InvalidOperationException>(() => batch.Complete(Attest(test), TestStore.Now(1)));
        Assert.Throws<ArgumentException>(() => batch.Add(1, Request, TestStore.Bytes(2, 10)));
    }

    [Theory]
    [InlineData(DiskFault.PowerLoss)]
    [InlineData(DiskFault.DiskFull)]
    public void FailureAtEveryCallLeavesWholeArtifactsOnly(DiskFault fault)
    {
        var limits = new StoreLimits
        {
            SmallBlockTarget = 64 * 1024,
            LargeBlockTarget = 256 * 1024,
            InlineContentMax = 4096,
        };
        var contents = Enumerable.Range(1, 100).Select(i => TestStore.Bytes(i, 1000))
            .Append(TestStore.Bytes(200, 700_000)).ToList();
        for (var call = 1; ; call++)
        {
            using var test = new TestStore(limits: limits);
            test.Files.FailAt(test.Files.Calls + call, fault);
            var acknowledged = false;
            try
            {
                Complete(test, contents);
                acknowledged = true;
            }
            catch (IOException)
            {
                Assert.False(acknowledged);
            }

            test.Files.Crash(CrashOutcome.Torn, (ulong)call);
            using var after = new TestStore(test.Files, limits, create: false);
            var there = after.Store.List(ArtifactFilter.All).ToList();
            Assert.All(there, info => Assert.Equal(info.Content, ContentId.Of(after.Read(info.Content))));
            Assert.Empty(after.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null));
            Assert.Empty(after.Files.List("blocks/open"));
            if (acknowledged)
            {
                Assert.Equal(contents.Count, there.Count);
                Assert.True(call > 10, $"only {call} calls");
                return;
            }
        }
    }

    private static AttestMany Attest(TestStore test) => descriptors =>
        [.. descriptors.Select(descriptor => TestStore.Attest(test.Store, descriptor, "replay"))];

    private static IReadOnlyList<PutResult> Complete(
        TestStore test, List<byte[]> contents, AttestMany? attest = null)
    {
        using var batch = test.Store.BeginBatch("replay");
        for (var i = contents.Count - 1; i >= 0; i--)
        {
            batch.Add(i, Request, contents[i]);
        }

        return batch.Complete(attest ?? Attest(test), TestStore.Now(2));
    }
}
