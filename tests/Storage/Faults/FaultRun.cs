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
                _disk.FailAt(_disk.Calls + 1 + _chance.Next(40), Pick<DiskFault>());
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

    private T Pick<T>()
        where T : struct, Enum => Enum.GetValues<T>()[_chance.Next(Enum.GetValues<T>().Length)];

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
        switch (live.Count == 0 ? 0 : _chance.Next(14))
        {
            case <= 3: return Put();
            case 4: return Change("publish", key, f => f with { Audiences = "peers" },
                f => f.Audiences.Length == 0, () => _test.Store.Publish(key, "peers", Now));
            case 5: return Change("unpublish", key, f => f with { Audiences = "" },
                f => f.Audiences.Length > 0, () => _test.Store.Unpublish(key, "peers", Now));
            case 6: return Change("remove", key, f => f with { IsRemoved = true, Audiences = "" },
                f => f.Pins.Length == 0, () => _test.Store.Remove([key], "test", Now));
            case 7: return Change("pin", key, f => f with { Pins = "keep" },
                f => f.Pins.Length == 0, () => _test.Store.AddPin(key, "keep", Now));
            case 8: return Change("evict", key, f => f with { IsEvicted = true },
                f => f.Pins.Length == 0 && !f.IsEvicted, () => _test.Store.Evict(_test.Store.PlanEviction([key]), Now));
            case 9: return Change("rebuild", key, f => f with { IsEvicted = false }, f => f.IsEvicted,
                () => Rebuild(key));
            case 10:
                _test.Store.TakeSnapshot(Now);
                return "snapshot";
            case 11:
                _clock += 20;
                _test.Store.Idle(Now);
                return "idle";
            case 12:
                _test.Store.Repack(Now, 0.9);
                return "repack";
            default: return Change("unpin", key, f => f with { Pins = "" },
                f => f.Pins.Length > 0, () => _test.Store.RemovePin(key, "keep", Now));
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
        var outcome = Pick<CrashOutcome>();
        _disk.Crash(outcome, (ulong)_chance.Next());
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
                _disk.Crash(Pick<CrashOutcome>(), (ulong)_chance.Next());
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
        using (_test = new TestStore(_disk, Limits, create: false, through: Through()))
        {
            var difference = _ledger.Check(_test);
            if (difference.Length > 0)
            {
                return difference;
            }
        }

        var current = _test.Store.Current;
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
