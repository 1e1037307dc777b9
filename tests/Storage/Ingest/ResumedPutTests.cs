using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class ResumedPutTests
{
    private static readonly StoreLimits Limits = new()
    {
        LargeBlockTarget = 256 * 1024,
        UnsyncedBlocksMax = 2,
        SmallBlockTarget = 128 * 1024,
    };

    /// <summary>What may be written twice: blocks that wait to be sealed, and the one being filled.</summary>
    private static readonly long TwiceMax = (Limits.UnsyncedBlocksMax + 2) * Limits.LargeBlockTarget;

    [Theory]
    [InlineData(CrashOutcome.LoseUnsynced)]
    [InlineData(CrashOutcome.Torn)]
    public void KilledPutWritesFewBytesAgain(CrashOutcome outcome)
    {
        var bytes = TestStore.Bytes(7, 6_000_000);
        var once = BytesOfWholePut(bytes, out var calls);
        Assert.True(calls > 100, $"the put makes only {calls} calls");
        for (var call = 5; call < calls; call += Math.Max(1, calls / 12))
        {
            using var test = new TestStore(limits: Limits);
            test.Files.FailAt(test.Files.Calls + call, DiskFault.PowerLoss);
            Assert.ThrowsAny<IOException>(() => test.Put(bytes));
            test.Crash(outcome, (ulong)call);
            Assert.Empty(test.Store.List(ArtifactFilter.All));

            var put = test.Put(bytes);

            Assert.False(put.AlreadyThere);
            Assert.InRange(test.Files.BytesAppended, once - 1, once + TwiceMax);
            test.Crash();
            Assert.Equal(bytes, test.Read(put.Content));
            Assert.Empty(test.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null));
        }
    }

    [Fact]
    public void AbandonedPutIsTakenUpByTheNext()
    {
        var bytes = TestStore.Bytes(8, 6_000_000);
        var once = BytesOfWholePut(bytes, out _);
        using var test = new TestStore(limits: Limits);
        using (var put = test.Store.BeginPut(new() { Type = "test.bytes", Brane = "replay" }))
        {
            put.Write(bytes.AsSpan(0, 5_000_000));
        }

        Assert.Empty(test.Files.List("blocks/open"));
        Assert.Empty(test.Store.List(ArtifactFilter.All));
        var again = test.Put(bytes);

        Assert.Equal(bytes, test.Read(again.Content));
        Assert.InRange(test.Files.BytesAppended, once - 1, once + TwiceMax);
    }

    [Fact]
    public void PutWhoseBlocksWentMeanwhileIsNotAcknowledged()
    {
        using var test = new TestStore(limits: Limits);
        var bytes = TestStore.Bytes(9, 6_000_000);
        using var put = test.Store.BeginPut(new() { Type = "test.bytes", Brane = "replay" });
        put.Write(bytes);
        var first = test.Put(bytes, "another artifact of the same bytes");
        test.Store.Evict(test.Store.PlanEviction([first.Key]), TestStore.Now(2));

        Assert.ThrowsAny<IOException>(
            () => put.Complete(list => [TestStore.Attest(test.Store, list[0], "replay")], TestStore.Now(3)));

        Assert.Equal(first.Key, Assert.Single(test.Store.List(ArtifactFilter.All)).Key);
    }

    [Fact]
    public void MemoryOfALongPutHoldsNoBlocks()
    {
        using var test = new TestStore(limits: Limits);
        using var put = test.Store.BeginPut(new() { Type = "test.bytes", Brane = "replay" });
        for (var i = 0; i < 12; i++)
        {
            put.Write(TestStore.Bytes(i, 1_000_000));
            Assert.InRange(test.Files.List("blocks/open").Count, 0, Limits.UnsyncedBlocksMax + 1);
        }
    }

    private static long BytesOfWholePut(byte[] bytes, out int calls)
    {
        using var test = new TestStore(limits: Limits);
        calls = test.Files.Calls;
        test.Put(bytes);
        calls = test.Files.Calls - calls;
        return test.Files.BytesAppended;
    }
}
