using System.Globalization;
using System.Reflection;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>
/// Every <see cref="Operation"/> is stopped at every call it makes to the disk. Afterwards a reader sees what was there
/// before or what an undisturbed run leaves, nothing between, and doing it again ends where that run ends. Every call
/// with <c>OMEGA_FULL=1</c>; else a slice that changes with the commit.
/// </summary>
public sealed class OperationSweepTests
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1";

    private static readonly int Start =
        int.TryParse(
            Environment.GetEnvironmentVariable("OMEGA_SEED"), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
            out var seed) ? seed & 0xffff : 0;

    /// <summary>Methods that write nothing, or only end what another began. A plan over much that changed seals
    /// segments of the index, as puts do.</summary>
    private static readonly string[] WriteNothing =
    [
        "Attest", "ChunksOf", "Compare", "Dispose", "Expired", "Cooled", "Explain", "ExplainCollection", "FindBlocks",
        "FindContents", "FindPackaged", "HasContent", "IsKept", "IsScrubDue", "LacksFiles", "List", "ListAsOf",
        "MissingFor", "NoteTimeElsewhere", "OpenBlock", "OpenCatalog", "OpenContent", "OpenSmall", "PackagesWith",
        "PlanCollection", "PlanEviction", "Prove", "ReadPackage", "Resolve", "SetReadOnly", "SizeOf", "Snapshots",
        "TryGet", "TryGetSnapshot", "TryReadChunk", "Verify", "Exists",
    ];

    /// <summary>Every sweep makes a store first; what it does on the disk before that is no operation of a store.
    /// </summary>
    private static readonly string[] MakeStores = ["Create", "Open"];

    private static readonly IReadOnlyList<string> Derived = Operation.DerivedFacts;

    public static TheoryData<string> Names => [.. Operation.All.Select(operation => operation.Name)];

    [Fact]
    public void EveryMethodThatWritesIsSwept()
    {
        var methods = typeof(DomainStore)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName).Select(method => method.Name).Distinct();
        var known = Operation.All.SelectMany(operation => operation.Covers).Concat(WriteNothing).Concat(MakeStores);

        Assert.Equal([], methods.Except(known));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PowerLossAtEveryCallLeavesAllOrNothing(string name) => Sweep(
        name, slice: 3, DiskFault.PowerLoss,
        [CrashOutcome.LoseUnsynced, CrashOutcome.KeepUnsynced, CrashOutcome.Torn, CrashOutcome.Reordered]);

    [Theory]
    [MemberData(nameof(Names))]
    public void FailureOfEveryCallLeavesAllOrNothing(string name) => Sweep(
        name, slice: 2, DiskFault.InputOutputError, [CrashOutcome.LoseUnsynced, CrashOutcome.KeepUnsynced]);

    [Theory]
    [MemberData(nameof(Names))]
    public void FullDiskAtEveryCallIsAClearErrorAndTheNextDeleteWorks(string name)
    {
        var operation = Operation.All.Single(known => known.Name == name);
        var plain = Undisturbed(operation);
        foreach (var call in CallsOf(plain, slice: 2))
        {
            var faults = (DiskFault[])[DiskFault.DiskFull, DiskFault.DiskFills];
            foreach (var fault in IsFull ? faults : [faults[call % 2]])
            {
                var found = Filled(operation, plain, call, fault);
                Assert.True(found.Length == 0, found);
            }
        }
    }

    /// <summary>The sweep itself: a build with one of these mistakes does not pass it.</summary>
    [Theory]
    [InlineData(nameof(Mistake.NoFileSync))]
    [InlineData(nameof(Mistake.NoFolderSync))]
    [InlineData(nameof(Mistake.NoLogSync))]
    [InlineData(nameof(Mistake.RenameBeforeSync))]
    public void StoreThatWritesInTheWrongOrderIsCaught(string mistake)
    {
        var broken = Enum.Parse<Mistake>(mistake);
        Assert.Contains(
            Operation.All.Where(operation => !operation.ReopensStore),
            operation => IsCaught(operation, disk => new BrokenFileSystem(disk, broken)));
        Assert.DoesNotContain(Operation.All.Take(5), operation => IsCaught(operation, disk => disk));
    }

    private static bool IsCaught(Operation operation, Func<MemoryFileSystem, IFileSystem> through)
    {
        using var stage = Stage.Open(through);
        operation.Run(stage);
        var facts = stage.Observe();
        try
        {
            stage.Crash(CrashOutcome.LoseUnsynced, 1);
            return !stage.Observe().SequenceEqual(facts) || stage.Leftovers().Length > 0;
        }
        catch (IOException)
        {
            // A store that cannot be opened after a crash has lost everything.
            return true;
        }
    }

    private static void Sweep(string name, int slice, DiskFault fault, CrashOutcome[] outcomes)
    {
        var operation = Operation.All.Single(known => known.Name == name);
        var plain = Undisturbed(operation);
        foreach (var call in CallsOf(plain, slice))
        {
            var outcome = outcomes[(Start + call) % outcomes.Length];
            foreach (var how in IsFull ? outcomes : [outcome])
            {
                var found = Disturbed(operation, plain, call, fault, how);
                Assert.True(found.Length == 0, found);
            }
        }
    }

    private static IEnumerable<int> CallsOf(Plain plain, int slice)
    {
        var step = IsFull ? 1 : Math.Max(1, plain.Calls / slice);
        for (var call = 1 + Start % step; call <= plain.Calls; call += step)
        {
            yield return call;
        }
    }

    /// <summary>Empty where a disk that is full from some call on, or at it, is told as that, nothing is lost, and the
    /// owner can make room at once.</summary>
    private static string Filled(Operation operation, Plain plain, int call, DiskFault fault)
    {
        using var stage = Stage.Open();
        stage.Disk.FailAt(stage.Disk.Calls + call, fault);
        var failure = Record.Exception(() => operation.Run(stage));
        var where = $"{operation} with {fault} at call {call} of {plain.Calls}, {failure?.Message}: ";
        var isPublic = stage.Store.ReadOnly && failure is StoreReadOnlyException;
        if (!isPublic && failure is not (null or DiskFullException))
        {
            return where + failure;
        }

        if (operation.ReopensStore || stage.Store.ReadOnly
            || failure?.Message.Contains(", sync", StringComparison.Ordinal) == true)
        {
            // Whether a sync that failed kept anything is unknowable, and the public log must follow the local one:
            // both ask to be opened again, and are, also on a full disk.
            stage.Reopen();
        }

        if (!stage.Disk.Exists("reserve"))
        {
            stage.Disk.Capacity += Stage.Limits.ReserveBytes; // the operation was to make one
        }

        Delete(stage);
        stage.Store.Collect(new() { GraceMs = 0, TrustsClock = true }, Stage.Now(210));
        stage.Disk.Capacity = long.MaxValue;
        var seen = stage.Observe();
        var (before, after) = (Without(plain.Before), Without(plain.After));
        var strange = Without(seen).Except(before).Except(after).Concat(before.Intersect(after).Except(seen)).ToList();
        if (strange.Count > 0 || stage.Leftovers().Length > 0)
        {
            return where + string.Join("; ", strange) + stage.Leftovers();
        }

        if (operation.HasSteps || !after.All(seen.Contains))
        {
            operation.Run(stage);
            var missing = after.Except(stage.Observe()).ToList();
            return missing.Count == 0 ? "" : $"{where}done again, it lacks {string.Join("; ", missing)}";
        }

        return "";
    }

    /// <summary>The sync that failed may have been that of a thread whose failure another's hid: then the log says
    /// here that it wants to be opened again.</summary>
    private static void Delete(Stage stage)
    {
        ArtifactKey[] keys = [stage.Key("three"), stage.Key("large unloved")];
        try
        {
            stage.Store.Remove(keys, null, Stage.Now(200));
        }
        catch (DiskFullException full) when (full.Message.Contains("must be reopened", StringComparison.Ordinal))
        {
            stage.Reopen();
            stage.Store.Remove(keys, null, Stage.Now(200));
        }
    }

    /// <summary>The facts that the removal of something else does not change.</summary>
    private static List<string> Without(IReadOnlyList<string> facts) =>
        [.. facts.Where(fact => !Derived.Append("three:").Append("large unloved:")
            .Any(prefix => fact.StartsWith(prefix, StringComparison.Ordinal)))];

    /// <summary>Empty where all is well.</summary>
    private static string Disturbed(
        Operation operation, Plain plain, int call, DiskFault fault, CrashOutcome outcome)
    {
        using var stage = Stage.Open();
        stage.Disk.FailAt(stage.Disk.Calls + call, fault);
        var failure = Record.Exception(() => operation.Run(stage));
        var where = $"{operation} with {fault} at call {call} of {plain.Calls}, {outcome}, {failure?.Message}: ";
        if (failure is not (null or IOException or StoreReadOnlyException))
        {
            return where + failure;
        }

        stage.Crash(outcome, (ulong)call);
        var seen = stage.Observe();
        var found = Compare(operation, plain, seen, isAcknowledged: failure is null);
        if (found.Length > 0 || (found = stage.Leftovers()).Length > 0)
        {
            return where + found;
        }

        if (operation.HasSteps || seen.SequenceEqual(plain.Before))
        {
            operation.Run(stage);
            seen = stage.Observe();
            if (!Lasting(seen, operation).SequenceEqual(Lasting(plain.After, operation)))
            {
                return $"{where}done again, it ends elsewhere: {Differences(plain.After, seen)}";
            }
        }

        if (!IsFull && call % 3 != 0)
        {
            return "";
        }

        stage.Reindex();
        var again = stage.Observe();
        return again.SequenceEqual(seen) ? "" : $"{where}without its index it says: {Differences(seen, again)}";
    }

    /// <summary>What must be so however often an operation in several steps was begun.</summary>
    private static IEnumerable<string> Lasting(IReadOnlyList<string> facts, Operation operation) => operation.HasSteps
        ? facts.Where(fact => !Derived.Any(prefix => fact.StartsWith(prefix, StringComparison.Ordinal)))
        : facts;

    private static string Compare(Operation operation, Plain plain, IReadOnlyList<string> seen, bool isAcknowledged)
    {
        if (seen.SequenceEqual(plain.After) || (!isAcknowledged && seen.SequenceEqual(plain.Before)))
        {
            return "";
        }

        if (isAcknowledged || !operation.HasSteps)
        {
            return $"neither before nor after: {Differences(plain.Before, seen)}";
        }

        // Each fact by itself is one of those it may be; the head and the digest follow from the others.
        var strange = seen.Except(plain.Before).Except(plain.After)
            .Where(line => !Derived.Any(prefix => line.StartsWith(prefix, StringComparison.Ordinal))).ToList();
        var lost = plain.Before.Intersect(plain.After).Except(seen).ToList();
        return strange.Count + lost.Count == 0 ? "" : string.Join("; ", strange.Concat(lost));
    }

    private static string Differences(IEnumerable<string> one, IEnumerable<string> other) =>
        $"- {string.Join(" - ", one.Except(other))} + {string.Join(" + ", other.Except(one))}";

    private static Plain Undisturbed(Operation operation)
    {
        using var stage = Stage.Open();
        var before = stage.Observe();
        var calls = stage.Disk.Calls;
        operation.Run(stage);
        var made = stage.Disk.Calls - calls;
        Assert.True(made > 0, $"{operation} writes nothing");
        return new(before, stage.Observe(), made);
    }

    private sealed record Plain(IReadOnlyList<string> Before, IReadOnlyList<string> After, int Calls);
}
