using System.Globalization;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Tests.Ingest;

namespace Omega.P2P.Storage.Tests.Recovery;

/// <summary>Power is lost at every single call of a story that does everything; after each, what was acknowledged is
/// whole and nothing else is there. Without <c>OMEGA_FULL=1</c> it is every fourth call, or ninth for the milder
/// outcomes and faults, from a start that changes with the commit.</summary>
public sealed class CrashSweepTests
{
    private static readonly StoreLimits Limits = new()
    {
        InlineContentMax = 4 * 1024,
        InlineRecordMax = 8 * 1024,
        SmallBlockTarget = 64 * 1024,
        LargeBlockTarget = 512 * 1024,
        IngestBuffer = 2 * 1024 * 1024,
        LogSegmentTarget = 64 * 1024,
        IdleBlockMin = 4 * 1024,
    };

    [Theory]
    [InlineData(CrashOutcome.LoseUnsynced)]
    [InlineData(CrashOutcome.KeepUnsynced)]
    [InlineData(CrashOutcome.Torn)]
    public void PowerLossAtEveryCallLosesNothingAcknowledged(CrashOutcome outcome)
    {
        var calls = CallsOfStory();
        Assert.True(calls > 100, $"the story makes only {calls} calls");
        var stride = Stride(outcome == CrashOutcome.LoseUnsynced ? 4 : 9);
        for (var call = 1 + Start % stride; call <= calls; call += stride)
        {
            Assert.Equal("", Sweep(call, DiskFault.PowerLoss, outcome));
        }
    }

    [Theory]
    [InlineData(DiskFault.InputOutputError)]
    [InlineData(DiskFault.DiskFull)]
    public void FailureOfAnyCallLosesNothingAcknowledged(DiskFault fault)
    {
        var calls = CallsOfStory();
        var stride = Stride(9);
        for (var call = 1 + Start % stride; call <= calls; call += stride)
        {
            Assert.Equal("", Sweep(call, fault, CrashOutcome.LoseUnsynced));
        }
    }

    [Fact]
    public void SweepNoticesADiskThatIgnoresSyncs()
    {
        using var test = new TestStore(limits: Limits);
        var story = new Story(test);
        test.Files.IgnoreSyncs = true;
        story.Run();

        test.Files.Crash(CrashOutcome.LoseUnsynced);
        using var after = new TestStore(test.Files, Limits, create: false);

        Assert.NotEqual("", story.Check(after));
    }

    private static int Stride(int slice) => Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 1 : slice;

    private static int Start =>
        int.TryParse(
            Environment.GetEnvironmentVariable("OMEGA_SEED"), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
            out var seed) ? seed & 0xffff : 0;

    private static int CallsOfStory()
    {
        using var test = new TestStore(limits: Limits);
        var before = test.Files.Calls;
        new Story(test).Run();
        return test.Files.Calls - before;
    }

    private static string Sweep(int call, DiskFault fault, CrashOutcome outcome)
    {
        using var test = new TestStore(limits: Limits);
        test.Files.FailAt(test.Files.Calls + call, fault);
        var story = new Story(test);
        try
        {
            story.Run();
        }
        catch (IOException)
        {
            story.Stopped = true;
        }

        test.Files.Crash(outcome, (ulong)call);
        using var after = new TestStore(test.Files, Limits, create: false);
        var found = story.Check(after);
        return found.Length == 0 ? "" : $"after {fault} at call {call}, {outcome}: {found}";
    }

    /// <summary>Puts small and large, idles, evicts, rebuilds, repacks, publishes; remembers what was acknowledged.
    /// </summary>
    private sealed class Story(TestStore test)
    {
        private readonly Dictionary<ArtifactKey, byte[]> _whole = [];
        private readonly HashSet<ArtifactKey> _published = [];
        private readonly byte[] _large = TestStore.Bytes(100, 1_300_000);
        private readonly ImportSample _theirs = new(TestStore.Bytes(101, 1_200_000));
        private (ArtifactKey Key, byte[] Bytes)? _inFlight;
        private ArtifactKey _mayBeAway;

        public bool Stopped { get; set; }

        public void Run()
        {
            for (var i = 0; i < 6; i++)
            {
                Put(TestStore.Bytes(i + 1, 2_000 + i), i);
            }

            var large = Put(_large, 10);
            test.Store.Idle(TestStore.Now(20));
            Put(TestStore.Bytes(50, 20_000), 21);
            Put(TestStore.Bytes(51, 30_000), 22);
            test.Store.Repack(TestStore.Now(23), 1);
            test.Store.Publish(large, "peers", TestStore.Now(24));
            _published.Add(large);
            test.Store.TakeSnapshot(TestStore.Now(25));
            _mayBeAway = large;
            test.Store.Evict(test.Store.PlanEviction([large]), TestStore.Now(26));
            using (var rebuild = test.Store.BeginRebuild(large))
            {
                foreach (var range in rebuild.Wanted)
                {
                    rebuild.Write(range.Content, range.Offset, _large.AsSpan((int)range.Offset, (int)range.Length));
                }

                rebuild.Complete(TestStore.Now(27));
            }

            _mayBeAway = default;
            Put(TestStore.Bytes(60, 1_000), 28);
            _inFlight = (_theirs.Key, _theirs.Bytes);
            _theirs.Import(test.Store, at: 29);
            _whole.Add(_theirs.Key, _theirs.Bytes);
            _inFlight = null;
            test.Store.Idle(TestStore.Now(40));
        }

        /// <summary>Empty where all is well, else what is wrong.</summary>
        public string Check(TestStore after)
        {
            foreach (var (key, bytes) in _whole)
            {
                if (!after.Store.TryGet(key, out var info))
                {
                    return $"{key} was acknowledged and is gone";
                }

                var isAway = info!.State != ArtifactState.Local;
                if (isAway && key != _mayBeAway)
                {
                    return $"{key} is {info.State}";
                }

                if (!isAway && !after.Read(info.Content).AsSpan().SequenceEqual(bytes))
                {
                    return $"{key} reads back changed";
                }
            }

            foreach (var key in _published.Where(key => !after.Store.Published.AudiencesOf(key).Contains("peers")))
            {
                return $"the publication of {key} is gone";
            }

            var found = CheckUnacknowledged(after);
            return found.Length > 0 ? found : CheckImport(after);
        }

        /// <summary>Whatever an import left, the next one comes to its end over it.</summary>
        private string CheckImport(TestStore after)
        {
            _theirs.Import(after.Store, at: 50);
            return !after.Read(_theirs.Content).AsSpan().SequenceEqual(_theirs.Bytes) ? "an import goes on wrongly"
                : after.Files.List("imports") is [var left, ..] ? $"{left} was left behind by an import"
                : after.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null).ToList() is [var finding, ..]
                    ? finding.Message
                    : "";
        }

        private string CheckUnacknowledged(TestStore after)
        {
            foreach (var info in after.Store.List(ArtifactFilter.All))
            {
                if (_whole.ContainsKey(info.Key))
                {
                    continue;
                }

                if (_inFlight is not { } flying || flying.Key != info.Key
                    || !after.Read(info.Content).AsSpan().SequenceEqual(flying.Bytes))
                {
                    return $"{info.Key} appeared from nowhere, or half";
                }
            }

            var open = after.Files.List("blocks/open");
            var findings = after.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null).ToList();
            return open.Count > 0 ? $"{open[0]} was left behind"
                : findings.Count > 0 ? findings[0].Message
                : "";
        }

        private ArtifactKey Put(byte[] bytes, long at)
        {
            var store = test.Store;
            using var put = store.BeginPut(new() { Type = "test.bytes", Brane = "replay" });
            put.Write(bytes);
            var result = put.Complete(
                list =>
                {
                    _inFlight = (list[0].Key, bytes);
                    return [TestStore.Attest(store, list[0], "replay")];
                },
                TestStore.Now(at));
            _whole.Add(result.Key, bytes);
            _inFlight = null;
            return result.Key;
        }
    }
}
