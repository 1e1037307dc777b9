using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>
/// A few dozen operations and a few faults, all from one seed: power lost at a call, an I/O error, a full disk, power
/// lost while recovering. After each the store is opened again and compared with the <see cref="Ledger"/>.
/// </summary>
internal sealed class FaultRun
{
    private const int Operations = 24;

    private static readonly StoreLimits Limits = new()
    {
        InlineContentMax = 4 * 1024,
        InlineRecordMax = 8 * 1024,
        SmallBlockTarget = 32 * 1024,
        LargeBlockTarget = 256 * 1024,
        IngestBuffer = 1024 * 1024,
        LogSegmentTarget = 32 * 1024,
        IdleBlockMin = 4 * 1024,
    };

    private static readonly int[] Sizes = [0, 1, 700, 3_000, 5_000, 20_000, 60_000, 300_000];

    /// <summary>A disk that lies about a flush is not among them: nothing can be promised on it.</summary>
    private static readonly DiskFault[] Faults =
        [DiskFault.PowerLoss, DiskFault.InputOutputError, DiskFault.DiskFull, DiskFault.DiskFills];

    private static readonly CrashOutcome[] Outcomes = Enum.GetValues<CrashOutcome>();

    private readonly Random _chance;
    private readonly int _seed;
    private readonly Mistake? _mistake;
    private readonly Ledger _ledger = new();
    private readonly MemoryFileSystem _disk = new();
    private TestStore _test;
    private long _clock = 10;
    private int _names;

    public FaultRun(int seed, Mistake? mistake = null)
    {
        _seed = seed;
        _mistake = mistake;
        _chance = new Random(seed);
        _test = new TestStore(_disk, Limits, through: Through());
    }

    /// <summary>Operations and restarts that a fault hit.</summary>
    public int Failures { get; private set; }

    /// <summary>Empty where everything held, else what did not and after which operation.</summary>
    public string Run()
    {
        var told = new List<string>();
        for (var i = 0; i < Operations; i++)
        {
            if (_chance.Next(4) == 0)
            {
                _disk.FailAt(_disk.Calls + 1 + _chance.Next(40), Pick(Faults));
            }

            told.Add(Step(out var isFailed));
            if (isFailed || _chance.Next(6) == 0)
            {
                told.Add(Restart());
                var difference = _ledger.Check(_test);
                if (difference.Length > 0)
                {
                    return Failed(difference, told);
                }
            }
        }

        return Rebuilt() is { Length: > 0 } wrong ? Failed(wrong, told) : "";
    }

    private string Failed(string difference, List<string> told)
    {
        _test.Dispose();
        return $"seed {_seed}: {difference}\n  {string.Join("\n  ", told)}";
    }

    private Func<MemoryFileSystem, IFileSystem>? Through() =>
        _mistake is { } mistake ? disk => new BrokenFileSystem(disk, mistake) : null;

    private T Pick<T>(T[] some) => some[_chance.Next(some.Length)];

    /// <summary>One operation; a failure leaves the question open what became of it.</summary>
    private string Step(out bool isFailed)
    {
        _clock++;
        isFailed = false;
        var name = "";
        try
        {
            name = Operate();
        }
        catch (Exception e) when (e is IOException or StoreReadOnlyException)
        {
            // A disk that failed once may be used further; without power there is no further.
            isFailed = e is PowerLossException or StoreReadOnlyException || _chance.Next(2) == 0;
            Failures++;
            name = $"{name} failed: {e.Message}";
        }

        return name;
    }

    private string Operate()
    {
        var live = _ledger.Facts.Where(f => !f.Value.IsRemoved && !_ledger.IsOpen(f.Key))
            .Select(f => f.Key).Order().ToList();
        var key = live.Count == 0 ? default : live[_chance.Next(live.Count)];
        switch (live.Count == 0 ? 0 : _chance.Next(22))
        {
            case <= 3: return Put();
            case 4:
                return Change("publish", key, f => f with { Audiences = "peers" },
                f => f.Audiences.Length == 0, () => _test.Store.Publish(key, "peers", Now));
            case 5:
                return Change("unpublish", key, f => f with { Audiences = "" },
                f => f.Audiences.Length > 0, () => _test.Store.Unpublish(key, "peers", Now));
            case 6:
                return Change("remove", key, f => f with { IsRemoved = true, Audiences = "" },
                f => !f.IsKept, () => _test.Store.Remove([key], "test", Now));
            case 7:
                return Change("pin", key, f => f with { Pins = "keep" },
                f => f.Pins.Length == 0, () => _test.Store.AddPin(key, "keep", Now));
            case 8:
                return Change("evict", key, f => f with { IsEvicted = true },
                f => !f.IsKept && !f.IsEvicted, () => _test.Store.Evict(_test.Store.PlanEviction([key]), Now));
            case 9:
                return Change("rebuild", key, f => f with { IsEvicted = false }, f => f.IsEvicted,
                () => Rebuild(key));
            case 10:
                return Change("unpin", key, f => f with { Pins = "" },
                f => f.Pins.Length > 0, () => _test.Store.RemovePin(key, "keep", Now));
            case 11:
                return Change("hold", key, f => f with { Holds = "case" },
                f => f.Holds.Length == 0, () => _test.Store.AddHold(key, "case", null, Now));
            case 12:
                return Change("release", key, f => f with { Holds = "" },
                f => f.Holds.Length > 0, () => _test.Store.ReleaseHold(key, "case", Now));
            case 13: return PutBatch();
            default: return Tend(_chance.Next(8));
        }
    }

    /// <summary>What changes nothing that a reader of artifacts is told.</summary>
    private string Tend(int what)
    {
        switch (what)
        {
            case 0:
                _test.Store.TakeSnapshot(Now);
                return "snapshot";
            case 1:
                _clock += 20;
                _test.Store.Idle(Now);
                return "idle";
            case 2:
                _test.Store.Repack(Now, 0.9);
                return "repack";
            case 3:
                _test.Store.Collect(new() { GraceMs = 0 }, Now);
                return "gc run";
            case 4:
                _test.Store.StartScrub(null, Now);
                while (_test.Store.WorkScrub(TestStore.Now(++_clock)))
                {
                }

                return "scrub";
            case 5:
                _test.Store.AddSchema($"kind{_chance.Next(4)}", "{}"u8, Now);
                return "schema";
            case 6:
                _test.Store.KeepReserve();
                return "reserve";
            default:
                _test.Store.SettleIndex();
                return "merge";
        }
    }

    private Omega.P2P.Primitives.Time.Instant Now => TestStore.Now(_clock);

    private string Change(string name, ArtifactKey key, Func<Fact, Fact> change, Func<Fact, bool> applies, Action run)
    {
        var before = _ledger.Facts[key];
        if (!applies(before))
        {
            return $"no {name}";
        }

        _ledger.MayHave(key, change(before));
        run();
        _ledger.Settle(key);
        return $"{name} {key}";
    }

    private string Put()
    {
        var size = Sizes[_chance.Next(Sizes.Length)];
        // Some contents come back under another name: one object, two artifacts.
        var bytes = TestStore.Bytes(_seed * 31 + (_chance.Next(4) == 0 ? 7 : ++_names), size);
        var name = $"n{++_names}";
        var store = _test.Store;
        using var put = store.BeginPut(TestStore.Request(name));
        put.Write(bytes);
        var result = put.Complete(
            list =>
            {
                _ledger.MayHave(list[0].Key, new Fact(bytes));
                return [TestStore.Attest(store, list[0], "replay")];
            },
            Now);
        _ledger.Settle(result.Key);
        return $"put {result.Key} of {size}";
    }

    /// <summary>Artifacts that come all at once or not at all.</summary>
    private string PutBatch()
    {
        var contents = Enumerable.Range(1, 3).Select(i => TestStore.Bytes(_seed * 31 + ++_names, i * 2_500))
            .ToDictionary(ContentOf);
        using var batch = _test.Store.BeginBatch("replay");
        foreach (var (bytes, i) in contents.Values.Select((bytes, i) => (bytes, i)))
        {
            batch.Add(i, TestStore.Request($"n{++_names}"), bytes);
        }

        var results = batch.Complete(
            descriptors =>
            {
                foreach (var descriptor in descriptors)
                {
                    _ledger.MayHave(descriptor.Key, new Fact(contents[descriptor.Content]));
                }

                return [.. descriptors.Select(one => TestStore.Attest(_test.Store, one, "replay"))];
            },
            Now);
        foreach (var result in results)
        {
            _ledger.Settle(result.Key);
        }

        return $"batch {string.Join(' ', results.Select(result => result.Key))}";
    }

    private void Rebuild(ArtifactKey key)
    {
        var contents = _ledger.Facts.Values.Select(f => f.Bytes)
            .DistinctBy(b => Blake3.Hash(b)).ToDictionary(ContentOf);
        using var rebuild = _test.Store.BeginRebuild(key);
        foreach (var range in rebuild.Wanted)
        {
            var from = contents[range.Content].AsSpan((int)range.Offset, (int)range.Length);
            rebuild.Write(range.Content, range.Offset, from);
        }

        rebuild.Complete(Now);
    }

    private static ContentId ContentOf(byte[] bytes) => ContentId.Of(bytes);

    /// <summary>Power lost, or the process alone; sometimes a second time while the store recovers.</summary>
    private string Restart()
    {
        var outcome = Pick(Outcomes);
        _disk.Crash(outcome, (ulong)_chance.Next());
        _disk.Capacity = long.MaxValue; // somebody made room
        if (_chance.Next(3) == 0)
        {
            _disk.FailAt(_disk.Calls + 1 + _chance.Next(8), DiskFault.PowerLoss);
            try
            {
                _test = new TestStore(_disk, Limits, create: false, through: Through());
            }
            catch (IOException e)
            {
                Failures++;
                _disk.Crash(Pick(Outcomes), (ulong)_chance.Next());
                _test = new TestStore(_disk, Limits, create: false, through: Through());
                return $"restart, {outcome}, and again after {e.Message}";
            }

            // The fault may still wait for a call; what it then hits is one more operation that failed.
            return $"restart, {outcome}";
        }

        _test = new TestStore(_disk, Limits, create: false, through: Through());
        return $"restart, {outcome}";
    }

    /// <summary>Law 5: without its views the store says the same.</summary>
    private string Rebuilt()
    {
        _disk.Crash(CrashOutcome.KeepUnsynced);
        _disk.Capacity = long.MaxValue;
        Hash256 current;
        using (_test = new TestStore(_disk, Limits, create: false, through: Through()))
        {
            current = _test.Store.Current;
            var difference = _ledger.Check(_test);
            if (difference.Length > 0)
            {
                return difference;
            }
        }

        DeleteAll("index");
        using var again = new TestStore(_disk, Limits, create: false, through: Through());
        return again.Store.Current == current ? _ledger.Check(again) : "CURRENT differs once the index was rebuilt";
    }

    private void DeleteAll(string folder)
    {
        foreach (var name in _disk.List(folder))
        {
            DeleteAll($"{folder}/{name}");
        }

        _disk.Delete(folder);
    }
}
