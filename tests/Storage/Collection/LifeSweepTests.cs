using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Collection;

/// <summary>Each operation that lets go of something is stopped at every call it makes to the disk. What must stay can
/// be read afterwards, and doing it again ends where an undisturbed run ends.</summary>
public sealed class LifeSweepTests
{
    /// <summary>Every call with <c>OMEGA_FULL=1</c>, else every fifth.</summary>
    private static readonly int Stride = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 1 : 5;

    private static readonly StoreLimits Limits = new()
    {
        InlineContentMax = 4 * 1024,
        InlineRecordMax = 8 * 1024,
        SmallBlockTarget = 64 * 1024,
        LargeBlockTarget = 256 * 1024,
        IngestBuffer = 2 * 1024 * 1024,
        LogSegmentTarget = 64 * 1024,
        IdleBlockMin = 4 * 1024,
        CollectionStep = 128 * 1024,
    };

    public static TheoryData<string> Operations => ["rm", "gc", "repack"];

    [Theory]
    [MemberData(nameof(Operations))]
    public void PowerLossAtEveryCallLosesNothing(string operation) =>
        SweepAll(operation, DiskFault.PowerLoss, [CrashOutcome.LoseUnsynced, CrashOutcome.KeepUnsynced]);

    [Theory]
    [MemberData(nameof(Operations))]
    public void FullDiskAtEveryCallIsAClearErrorAndTheNextDeleteWorks(string operation) =>
        SweepAll(operation, DiskFault.DiskFull, [null]);

    [Theory]
    [MemberData(nameof(Operations))]
    public void FailureOfEveryCallLosesNothing(string operation) =>
        SweepAll(operation, DiskFault.InputOutputError, [CrashOutcome.KeepUnsynced]);

    private static void SweepAll(string operation, DiskFault fault, CrashOutcome?[] outcomes)
    {
        int calls;
        using (var story = new Story())
        {
            var before = story.Test.Files.Calls;
            story.Run(operation);
            calls = story.Test.Files.Calls - before;
            Assert.True(calls > 0);
        }

        for (var call = 1; call <= calls; call += Stride)
        {
            foreach (var outcome in outcomes)
            {
                using var story = new Story();
                story.Test.Files.FailAt(story.Test.Files.Calls + call, fault);
                var failure = Record.Exception(() => story.Run(operation));
                Assert.True(failure is null or IOException, $"{operation} at {call}: {failure}");
                Assert.True(
                    fault != DiskFault.DiskFull || failure is null or DiskFullException,
                    $"{operation} at {call}: a full disk is told as {failure}");
                if (failure is DiskFullException
                    && (story.Test.Store.ReadOnly || failure.Message.Contains(", sync", StringComparison.Ordinal)))
                {
                    // Whether a failed sync kept anything is unknowable, and the public log must follow the local one:
                    // both ask to be opened again.
                    story.Test.Reopen();
                }

                if (outcome is { } how)
                {
                    story.Test.Crash(how, (ulong)call);
                }

                Assert.True(story.Check() is "", $"{operation} at {call} of {calls}, {fault}: {story.Check()}");
                Assert.True(story.Finish() is "", $"{operation} at {call} of {calls}, {fault}: {story.Finish()}");
            }
        }
    }

    /// <summary>Small and large artifacts, some removed a while ago, some sharing chunks with others that
    /// stay.</summary>
    private sealed class Story : IDisposable
    {
        private readonly List<(PutResult Put, byte[] Bytes)> _stay = [];
        private readonly List<PutResult> _go = [];

        public Story()
        {
            Test = new TestStore(limits: Limits);
            var shared = TestStore.Bytes(1, 400_000);
            for (var i = 0; i < 6; i++)
            {
                var bytes = TestStore.Bytes(10 + i, 3_000);
                var put = Test.Put(bytes, $"small {i}");
                if (i % 2 == 0)
                {
                    _stay.Add((put, bytes));
                }
                else
                {
                    _go.Add(put);
                }

                Test.Store.Idle(TestStore.Now(10 * (i + 1)));
            }

            _go.Add(Test.Put(shared, "whole"));
            _go.Add(Test.Put(TestStore.Bytes(2, 300_000), "alone"));
            byte[] longer = [.. shared[..200_000], .. TestStore.Bytes(3, 50_000)];
            _stay.Add((Test.Put(longer, "longer"), longer));
            Test.Store.Publish(_go[0].Key, "peers", TestStore.Now(70));
            Test.Store.Remove([.. _go.Skip(1).Select(put => put.Key)], null, TestStore.Now(80));
        }

        public TestStore Test { get; }

        public void Run(string operation)
        {
            switch (operation)
            {
                case "rm":
                    Test.Store.Remove([_go[0].Key], "why", TestStore.Now(90));
                    break;
                case "gc":
                    Test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(90));
                    break;
                default:
                    Test.Store.Repack(TestStore.Now(90), 1);
                    break;
            }
        }

        public string Check()
        {
            foreach (var (put, bytes) in _stay)
            {
                if (!Test.Store.TryGet(put.Key, out _) || !Test.Read(put.Content).AsSpan().SequenceEqual(bytes))
                {
                    return $"{put.Key} is lost";
                }
            }

            return Test.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null).FirstOrDefault()?.Message ?? "";
        }

        /// <summary>Everything that was to go goes now, on the same disk, without opening the store again.</summary>
        public string Finish()
        {
            Test.Store.Remove([_go[0].Key], null, TestStore.Now(100));
            Test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(110));
            Test.Store.Collect(new() { GraceMs = 0 }, TestStore.Now(120));
            var plan = Test.Store.PlanCollection(new() { GraceMs = 0 }, TestStore.Now(130));
            var ends = Test.Store.List(ArtifactFilter.All).Count() == _stay.Count && plan.BytesToFree == 0
                && !Test.Store.Published.AudiencesOf(_go[0].Key).Any();
            Test.Crash();
            return !ends ? $"it did not end: {plan}" : Check();
        }

        public void Dispose() => Test.Dispose();
    }
}
