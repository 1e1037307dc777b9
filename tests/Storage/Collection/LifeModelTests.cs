using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Tests.Collection;

/// <summary>
/// Random sequences of everything that makes artifacts come, stay and go, with power losses, full disks and clocks that
/// jump, against a plain oracle of what must be readable. A failing seed says how it came about.
/// </summary>
public sealed class LifeModelTests
{
    private static readonly int Seeds = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 600 : 16;

    public static TheoryData<int> Slices => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Slices))]
    public void WhatMustBeReadableIsReadableAndTheRestGoes(int slice)
    {
        for (var seed = slice; seed < Seeds; seed += Slices.Count)
        {
            var life = new LifeModel(seed);
            var found = life.Run(steps: 60);
            Assert.True(found.Length == 0, $"seed {seed}: {found}\n{string.Join('\n', life.Story)}");
        }
    }
}

/// <summary>One run: the store, what is known to be true of it, and the story so far.</summary>
internal sealed class LifeModel(int seed)
{
    private static readonly StoreLimits Limits = new()
    {
        InlineContentMax = 4 * 1024,
        InlineRecordMax = 8 * 1024,
        SmallBlockTarget = 16 * 1024,
        LargeBlockTarget = 256 * 1024,
        IngestBuffer = 2 * 1024 * 1024,
        LogSegmentTarget = 64 * 1024,
        IdleBlockMin = 4 * 1024,
        CollectionGraceMs = 100_000,
        CollectionStep = 300 * 1024,
    };

    private readonly Random _random = new(seed);
    private readonly Dictionary<ArtifactKey, Known> _known = [];
    private readonly TestStore _test = new(limits: Limits);
    private long _wallMs = 1_700_000_000_000;
    private long _runMs = 1000;
    private long _skewMs;

    public List<string> Story { get; } = [];

    private DomainStore Store => _test.Store;

    private Instant Now => new(_wallMs + _skewMs, _runMs);

    public string Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Pass(_random.Next(1, 20_000));
            var isFaulty = _random.Next(6) == 0;
            if (isFaulty)
            {
                var fault = (DiskFault)_random.Next(3);
                _test.Files.FailAt(_test.Files.Calls + _random.Next(1, 25), fault);
                Story.Add($"  ({fault} ahead)");
            }

            try
            {
                Step();
            }
            catch (Exception e) when (e is IOException or StoreRefusedException or StoreReadOnlyException)
            {
                Story.Add($"  {e.GetType().Name}: {e.Message}");
                isFaulty |= e is IOException and not NotHereException;
            }

            if (isFaulty)
            {
                Crash();
            }

            if ((isFaulty || i % 10 == 9) && Check() is { Length: > 0 } wrong)
            {
                return wrong;
            }
        }

        return Finish();
    }

    private void Step()
    {
        switch (_random.Next(16))
        {
            case 0 or 1 or 2 or 3:
                Put(_random.Next(3) == 0);
                break;
            case 4 or 5:
                Remove();
                break;
            case 6:
                Mark("pin", known => known.Pins, (key, name) => Store.AddPin(key, name, Now));
                break;
            case 7:
                Mark("hold", known => known.Holds, (key, name) => Store.AddHold(key, name, null, Now));
                break;
            case 8:
                Unmark("unpin", known => known.Pins, (key, name) => Store.RemovePin(key, name, Now));
                break;
            case 9:
                Unmark("release", known => known.Holds, (key, name) => Store.ReleaseHold(key, name, Now));
                break;
            case 10 or 11:
                Collect(_random.Next(2) == 0 ? 0 : null);
                break;
            case 12:
                Evict();
                break;
            case 13:
                Tell("repack");
                Store.Repack(Now, 1);
                break;
            case 14:
                Tell("idle");
                Pass(3000);
                Store.Idle(Now);
                break;
            default:
                JumpOrReopen();
                break;
        }
    }

    /// <summary>Contents overlap: some are the beginnings of others, some the same under another name.</summary>
    private void Put(bool isLarge)
    {
        var from = _random.Next(4);
        var bytes = TestStore.Bytes(from, isLarge ? 700_000 : 6_000)
            .AsSpan(0, _random.Next(1, isLarge ? 700_000 : 6_000)).ToArray();
        if (_random.Next(3) == 0)
        {
            bytes = bytes[..Math.Min(bytes.Length, isLarge ? 300_000 : 2_000)];
        }

        var name = $"{_random.Next(3)}";
        Tell($"put {bytes.Length} bytes of {from} as {name}");
        var put = _test.Put(bytes, name, at: (_wallMs - 1_700_000_000_000) / 1000);
        _known.TryGetValue(put.Key, out var known);
        _known[put.Key] = known = known ?? new Known(put.Content, bytes);
        (known.IsLive, known.IsAway, known.MustRead) = (true, false, true);
        Tell($"  is {put.Key}");
    }

    private void Remove()
    {
        if (Pick(known => known.IsLive) is not { } key)
        {
            return;
        }

        Tell($"rm {key}");
        var isProtected = _known[key].IsProtected;
        _known[key].IsUnsure = true;
        try
        {
            Store.Remove([key], null, Now);
        }
        catch (StoreRefusedException) when (isProtected)
        {
            _known[key].IsUnsure = false;
            return;
        }

        (_known[key].IsLive, _known[key].IsUnsure, _known[key].MustRead) = (false, false, false);
    }

    private void Mark(string what, Func<Known, HashSet<string>> names, Action<ArtifactKey, string> mark)
    {
        if (Pick(_ => true) is not { } key)
        {
            return;
        }

        var name = $"n{_random.Next(2)}";
        Tell($"{what} {key} {name}");
        _known[key].IsUnsure = true;
        mark(key, name);
        names(_known[key]).Add(name);
        _known[key].IsUnsure = false;
        _known[key].MustRead = !_known[key].IsAway && CanRead(_known[key]);
    }

    private void Unmark(string what, Func<Known, HashSet<string>> names, Action<ArtifactKey, string> unmark)
    {
        if (Pick(known => names(known).Count > 0) is not { } key)
        {
            return;
        }

        var name = names(_known[key]).First();
        Tell($"{what} {key} {name}");
        _known[key].IsUnsure = true;
        unmark(key, name);
        names(_known[key]).Remove(name);
        _known[key].IsUnsure = false;
        _known[key].MustRead &= _known[key].IsLive || _known[key].IsProtected;
    }

    private void Collect(long? graceMs)
    {
        Tell($"gc {graceMs}, clock off by {_skewMs}");
        var before = Store.Stats.BlockBytes;
        try
        {
            Store.PlanCollection(new() { GraceMs = graceMs }, Now);
            Store.Collect(new() { GraceMs = graceMs }, Now);
        }
        catch (StoreRefusedException e) when (e.Code == "clock-implausible")
        {
            if (Store.Stats.BlockBytes != before)
            {
                throw new InvalidOperationException("a doubtful clock freed bytes");
            }
        }
    }

    private void Evict()
    {
        if (Pick(known => known.IsLive && !known.IsProtected) is not { } key)
        {
            return;
        }

        Tell($"evict {key}");
        _known[key].IsAway = true;
        _known[key].MustRead = false;
        Store.Evict(Store.PlanEviction([key]), Now);
    }

    private void JumpOrReopen()
    {
        if (_random.Next(3) > 0)
        {
            _skewMs = _random.Next(3) switch { 0 => 0, 1 => -7_200_000, _ => 7_200_000 };
            Tell($"clock off by {_skewMs}");
            return;
        }

        var current = Store.Current;
        Tell("reopen");
        _test.Reopen();
        if (Store.Current != current)
        {
            throw new InvalidOperationException("CURRENT differs after a rebuild");
        }
    }

    private void Crash()
    {
        var outcome = (CrashOutcome)_random.Next(3);
        Tell($"crash, {outcome}");
        _test.Crash(outcome, (ulong)_random.Next());
        foreach (var (key, known) in _known.Where(pair => pair.Value.IsUnsure))
        {
            // What was under way either happened or did not; the store says which.
            known.IsUnsure = false;
            known.IsLive = Store.TryGet(key, out _);
            Sync(known.Pins, Store.Pins.Where(pin => pin.Key == key).Select(pin => pin.Name));
            Sync(known.Holds, Store.Holds.Where(hold => hold.Key == key).Select(hold => hold.Name));
            known.MustRead &= known.IsLive || known.IsProtected;
        }
    }

    private static void Sync(HashSet<string> names, IEnumerable<string> truth)
    {
        names.Clear();
        names.UnionWith(truth);
    }

    private string Check()
    {
        foreach (var (key, known) in _known)
        {
            if (Store.TryGet(key, out _) != known.IsLive)
            {
                return $"{key} is {(known.IsLive ? "not " : "")}live";
            }

            if (known.MustRead && !CanRead(known))
            {
                return $"{key} cannot be read";
            }
        }

        var unknown = Store.List(ArtifactFilter.All).FirstOrDefault(info => !_known.ContainsKey(info.Key));
        if (unknown is not null)
        {
            // A put that was cut off after its commit.
            var bytes = _test.Read(unknown.Content);
            _known[unknown.Key] = new Known(unknown.Content, bytes) { IsLive = true, MustRead = true };
        }

        return Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null).FirstOrDefault()?.Message ?? "";
    }

    /// <summary>In the end everything is let go of, and nothing may be left.</summary>
    private string Finish()
    {
        _skewMs = 0;
        foreach (var pin in Store.Pins)
        {
            Store.RemovePin(pin.Key, pin.Name, Now);
        }

        foreach (var hold in Store.Holds)
        {
            Store.ReleaseHold(hold.Key, hold.Name, Now);
        }

        Store.Remove([.. Store.List(ArtifactFilter.All).Select(info => info.Key)], null, Now);
        Store.Collect(new() { GraceMs = 0, TrustsClock = true }, Now);
        var stats = Store.Stats;
        var left = stats.Blocks + stats.BlocksEvicted + _test.CountBlockFiles() + _test.CountFiles("blocks", ".dir");
        _test.Dispose();
        return left == 0 && stats.PendingBytes == 0 ? "" : $"{stats} is left of nothing";
    }

    private bool CanRead(Known known)
    {
        try
        {
            return _test.Read(known.Content).AsSpan().SequenceEqual(known.Bytes);
        }
        catch (NotHereException)
        {
            return false;
        }
    }

    private ArtifactKey? Pick(Func<Known, bool> fits)
    {
        var keys = _known.Where(pair => fits(pair.Value)).Select(pair => pair.Key).Order().ToList();
        return keys.Count == 0 ? null : keys[_random.Next(keys.Count)];
    }

    private void Pass(long ms) => (_wallMs, _runMs) = (_wallMs + ms, _runMs + ms);

    private void Tell(string what) => Story.Add(what);

    private sealed class Known(ContentId content, byte[] bytes)
    {
        public ContentId Content { get; } = content;

        public byte[] Bytes { get; } = bytes;

        public HashSet<string> Pins { get; } = [];

        public HashSet<string> Holds { get; } = [];

        public bool IsLive { get; set; }

        public bool IsAway { get; set; }

        public bool IsUnsure { get; set; }

        public bool MustRead { get; set; }

        public bool IsProtected => Pins.Count + Holds.Count > 0;
    }
}
