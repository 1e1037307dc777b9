using System.Text;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Tests.Documents;

/// <summary>The power goes, or a call fails, at every single call of a run of commits and compactions.</summary>
public sealed class DocumentStoreCrashTests
{
    private const int CommitCount = 40;
    private static readonly DocumentLimits Small = new() { CompactionBytesMin = 1500, CompactionRatio = 2 };

    public static TheoryData<CrashOutcome, ulong> Outcomes => new()
    {
        { CrashOutcome.LoseUnsynced, 1 },
        { CrashOutcome.KeepUnsynced, 1 },
        { CrashOutcome.Torn, 1 },
        { CrashOutcome.Torn, 2 },
        { CrashOutcome.Torn, 3 },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void PowerLossAtEveryCallKeepsEveryAcknowledgedCommitWhole(CrashOutcome outcome, ulong seed) =>
        Assert.Empty(Sweep(outcome, seed, ignoreSyncs: false));

    [Fact]
    public void TheSweepNoticesABuildThatDoesNotSync() =>
        Assert.NotEmpty(Sweep(CrashOutcome.LoseUnsynced, 1, ignoreSyncs: true));

    [Theory]
    [InlineData(DiskFault.InputOutputError)]
    [InlineData(DiskFault.DiskFull)]
    public void AFailedCallLosesNothingThatWasAcknowledged(DiskFault fault)
    {
        int calls = CallsOfAWholeRun();
        for (int call = 1; call <= calls; call++)
        {
            var disk = new MemoryFileSystem();
            disk.FailAt(call, fault);
            int acknowledged = Run(disk, out _);
            using DocumentStore store = DocumentStore.Open(disk, "mesh", Small);
            int state = StateOf(store);
            Assert.True(state >= acknowledged && state <= acknowledged + 1, $"call {call}: {state}, {acknowledged}");
        }
    }

    [Fact]
    public void AStoreThatFailedToWriteRefusesToGoOn()
    {
        var disk = new MemoryFileSystem();
        using DocumentStore store = DocumentStore.Open(disk, "mesh");
        store.Put("a", [1]);
        disk.FailAt(disk.Calls + 2, DiskFault.InputOutputError);
        Assert.Throws<IOException>(() => store.Commit());
        Assert.Throws<IOException>(() => store.Put("b", [1]));
        Assert.Throws<IOException>(() => store.Commit());
        Assert.Throws<IOException>(() => store.TryGet("a", out _));
    }

    [Fact]
    public void NoRoomForACompactionIsNoFailure()
    {
        var disk = new MemoryFileSystem();
        using (DocumentStore store = DocumentStore.Open(disk, "mesh", Small))
        {
            byte[] value = new byte[600];
            for (byte i = 0; i < 40; i++)
            {
                value[0] = i;
                store.Put("a", value);
                disk.Capacity = disk.Length("mesh/" + Assert.Single(disk.List("mesh"))) + 700;
                store.Commit();
            }
        }

        disk.Capacity = long.MaxValue;
        using DocumentStore again = DocumentStore.Open(disk, "mesh", Small);
        Assert.True(again.TryGet("a", out ReadOnlyMemory<byte> last));
        Assert.Equal(39, last.Span[0]);
    }

    private static List<string> Sweep(CrashOutcome outcome, ulong seed, bool ignoreSyncs)
    {
        var broken = new List<string>();
        int calls = CallsOfAWholeRun();
        for (int call = 1; call <= calls; call++)
        {
            var disk = new MemoryFileSystem { IgnoreSyncs = ignoreSyncs };
            disk.FailAt(call, DiskFault.PowerLoss);
            int acknowledged = Run(disk, out bool failed);
            Assert.True(failed);
            disk.Crash(outcome, seed + (ulong)call);
            using DocumentStore store = DocumentStore.Open(disk, "mesh", Small);
            int state = StateOf(store);
            if (state < acknowledged || state > acknowledged + 1)
                broken.Add($"call {call}: {acknowledged} commits acknowledged, {state} there");
            store.Put("after", [1]);
            store.Commit();
        }

        return broken;
    }

    private static int CallsOfAWholeRun()
    {
        var disk = new MemoryFileSystem();
        Assert.Equal(CommitCount, Run(disk, out _));
        return disk.Calls;
    }

    /// <summary>Commits states 1, 2, 3…; says how many were acknowledged before a call failed.</summary>
    private static int Run(MemoryFileSystem disk, out bool failed)
    {
        int acknowledged = 0;
        failed = false;
        try
        {
            using DocumentStore store = DocumentStore.Open(disk, "mesh", Small);
            for (int state = 1; state <= CommitCount; state++)
            {
                Write(store, state);
                store.Commit();
                acknowledged = state;
            }
        }
        catch (IOException)
        {
            failed = true;
        }

        return acknowledged;
    }

    private static void Write(DocumentStore store, int state)
    {
        byte[] value = Encoding.UTF8.GetBytes($"state {state} {new string('.', state * 7 % 90)}");
        store.Put("a", value);
        store.Put("z", value);
        store.Put($"n/{state}", value);
        store.Delete($"n/{state - 2}");
    }

    /// <summary>Which state the documents are in; fails where they are a mixture.</summary>
    private static int StateOf(DocumentStore store)
    {
        if (store.Count == 0)
            return 0;
        Assert.True(store.TryGet("a", out ReadOnlyMemory<byte> a));
        Assert.True(store.TryGet("z", out ReadOnlyMemory<byte> z));
        Assert.Equal(a.ToArray(), z.ToArray());
        int state = int.Parse(Encoding.UTF8.GetString(a.Span).Split(' ')[1]);
        string[] expected = state == 1 ? ["a", "n/1", "z"] : ["a", $"n/{state - 1}", $"n/{state}", "z"];
        Assert.Equal(expected.Order(StringComparer.Ordinal), store.Scan("").Select(d => d.Key));
        return state;
    }
}
