using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Tests.Index;

public sealed class IndexStoreTests
{
    private const long Memory = 64 * 1024;

    [Fact]
    public void AnswersEqualThoseOfAPlainDictionary()
    {
        for (var seed = 1; seed <= Rounds(4); seed++)
        {
            using var run = new ModelRun(new MemoryFileSystem(), seed);
            for (var step = 0; step < 4_000; step++)
            {
                run.Step();
            }

            run.Compare();
            run.Settle();
            run.Compare();
        }
    }

    [Fact]
    public void ACrashAtAnyCallLeavesTheIndexOfASealedPlaceOrNone()
    {
        var calls = CallsOf(seed: 5);
        for (var call = 1; call <= calls; call += Stride(37))
        {
            foreach (var fault in new[] { DiskFault.PowerLoss, DiskFault.InputOutputError, DiskFault.DiskFull })
            {
                var files = new MemoryFileSystem();
                files.FailAt(call, fault);
                var run = new ModelRun(files, seed: 5);
                try
                {
                    run.StepMany(900);
                }
                catch (IOException)
                {
                    run.Failures++;
                }

                Assert.True(files.Calls >= call, $"call {call} was never made");
                files.Crash(CrashOutcome.Torn, (ulong)call);
                run.Reopen();
                run.Replay();
                run.Compare();
            }
        }
    }

    [Fact]
    public void AfterAFailureTheNextCallGoesOn()
    {
        var calls = CallsOf(seed: 6);
        for (var call = 1; call <= calls; call += Stride(53))
        {
            var files = new MemoryFileSystem();
            files.FailAt(call, DiskFault.InputOutputError);
            using var run = new ModelRun(files, seed: 6) { GoesOnAfterFailure = true };
            run.StepMany(900);
            run.Compare();
            run.Reopen();
            run.Replay();
            run.Compare();
        }
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("footer")]
    [InlineData("gone")]
    public void DamageThatOpeningSeesDropsTheIndex(string where)
    {
        var files = new MemoryFileSystem();
        using var run = new ModelRun(files, seed: 2);
        run.StepMany(2_000);
        run.Close();
        var segment = $"index/shard-000/{files.List("index/shard-000")[0]}";
        switch (where)
        {
            case "manifest":
                files.Flip($"index/{files.List("index").Single(name => !name.StartsWith('s'))}", 9);
                break;
            case "footer":
                files.Flip(segment, files.Length(segment) - 40);
                break;
            default:
                files.Delete(segment);
                break;
        }

        var dropped = run.Reopen();
        Assert.NotNull(dropped);
        Assert.Equal(0, run.Sealed);
        Assert.Empty(files.List("index"));
        run.Replay();
        run.Compare();
    }

    [Fact]
    public void ADamagedPageIsNamedWhenItIsRead()
    {
        var files = new MemoryFileSystem();
        using var run = new ModelRun(files, seed: 3);
        run.StepMany(2_000);
        run.Settle();
        run.Close();
        var segment = $"index/shard-000/{files.List("index/shard-000")[0]}";
        files.Flip(segment, PageView.Size + 100);
        Assert.Null(run.Reopen());
        Assert.Throws<IndexDamagedException>(run.ReadAll);
        Assert.Contains(segment, Assert.Single(run.Index.Check()), StringComparison.Ordinal);
        run.Reopen();
        Assert.Equal(0, run.Sealed);
    }

    [Fact]
    public void MemoryStaysBelowTheSettingPlusTwelveBytesPerThreeHundredPages()
    {
        var files = new MemoryFileSystem();
        using var run = new ModelRun(files, seed: 4);
        for (var i = 0; i < 40; i++)
        {
            run.StepMany(250);
            Assert.InRange(run.Index.Stats.MemoryBytes, 0, Memory + Memory / 2);
        }

        Assert.True(run.Index.Stats.SegmentBytes > 8 * Memory);
    }

    [Fact]
    public void EachPageIsWrittenAboutOncePerTier()
    {
        var files = new MemoryFileSystem();
        using var index = IndexStore.Open(files, new Lock(), Memory * 3 / 2, out _);
        for (var i = 0; i < 60_000; i++)
        {
            index.Put(IndexTable.Artifacts, Blake3.Hash(BitConverter.GetBytes(i)).AsSpan(), new byte[60]);
            if (index.IsFull)
            {
                index.Freeze(new LogPlace(i, default), []);
                while (index.Work(16))
                {
                }
            }
        }

        // 60,000 entries of 100 bytes, 12 KiB at a time: log4(750) is less than 5, the sealing itself is one, and small
        // segments have three pages beside their data.
        var once = index.Stats.SegmentBytes / PageView.Size;
        Assert.InRange(index.PagesSealed, once, 8 * once);
        Assert.InRange(index.Stats.Segments, 1, 3 * 6);
    }

    [Fact]
    public void AQuietStoreGoesOnUntilNearlyAllIsInOneSegment()
    {
        using var index = IndexStore.Open(new MemoryFileSystem(), new Lock(), Memory, out _);
        Fill(index, 0, 9_000, static () => false);
        while (index.Work(16))
        {
        }

        Assert.True(index.Stats.Segments > 1);
        var busy = index.PagesSealed;
        while (index.Work(16, isQuiet: true))
        {
        }

        Assert.Equal(1, index.Stats.Segments);
        Assert.True(index.PagesSealed > busy);

        // A twentieth more is no reason to write all of it again.
        var quiet = index.PagesSealed;
        Fill(index, 9_000, 9_450, static () => true);
        Assert.InRange(index.PagesSealed - quiet, 1, 9_000 / 60);
    }

    [Fact]
    public void ASmallMergeDoesNotWaitForALargeOne()
    {
        using var index = IndexStore.Open(new MemoryFileSystem(), new Lock(), Memory, out _);
        Fill(index, 0, 9_000, static () => false, calls: 1);
        Assert.True(index.Work(1)); // Begins to make one of them all.
        var before = index.Stats.Segments;
        var entry = 9_000;
        for (; index.Stats.Segments < before + 4; entry += 100)
        {
            Fill(index, entry, entry + 100, static () => false, calls: 1);
        }

        for (var call = 0; call < 40; call++)
        {
            index.Work(1);
        }

        Assert.Equal(before + 1, index.Stats.Segments);
    }

    /// <summary>Puts entries, sealing what fills memory and merging with so many calls after each time.</summary>
    private static void Fill(
        IndexStore index, int from, int to, Func<bool> isQuiet, int pages = 16, int calls = int.MaxValue)
    {
        for (var i = from; i < to; i++)
        {
            index.Put(IndexTable.Artifacts, Blake3.Hash(BitConverter.GetBytes(i)).AsSpan(), new byte[60]);
            if (index.IsFull || i == to - 1)
            {
                index.Freeze(new LogPlace(i + 1, default), []);
                for (var call = 0; call < calls && index.Work(pages, isQuiet()); call++)
                {
                }
            }
        }
    }

    private static int Rounds(int few) => Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? few * 10 : few;

    private static int Stride(int few) => Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 1 : few;

    private static int CallsOf(int seed)
    {
        var files = new MemoryFileSystem();
        using var run = new ModelRun(files, seed);
        run.StepMany(900);
        Assert.InRange(files.Calls, 100, 10_000);
        return files.Calls;
    }

    /// <summary>A log of changes, the index over it, and a dictionary that is always right.</summary>
    private sealed class ModelRun : IDisposable
    {
        private readonly MemoryFileSystem _files;
        private readonly SortedDictionary<string, byte[]> _model = new(StringComparer.Ordinal);
        private readonly List<(IndexTable Table, byte[] Key, byte[]? Value)> _log = [];
        private readonly Lock _gate = new();
        private ulong _state;

        public ModelRun(MemoryFileSystem files, int seed)
        {
            (_files, _state) = (files, (ulong)seed * 0x9E3779B97F4A7C15UL);
            Index = IndexStore.Open(files, _gate, Memory, out _);
        }

        public IndexStore Index { get; private set; }

        public int Failures { get; set; }

        public bool GoesOnAfterFailure { get; init; }

        public long Sealed => Index.Place.Record;

        public void StepMany(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Step();
            }
        }

        public void Step()
        {
            var table = Next(3) switch { 0 => IndexTable.Artifacts, 1 => IndexTable.Objects, _ => IndexTable.Created };
            var key = Blake3.Hash(BitConverter.GetBytes(Next(700))).ToArray().Concat(new byte[] { (byte)Next(3), 1 })
                .ToArray();
            var value = Next(5) == 0 ? null : TestStore.Bytes(Next(1000), Next(300));
            _log.Add((table, key, value));
            Apply(table, key, value);
            _model.Remove(NameOf(table, key));
            if (value is not null)
            {
                _model.Add(NameOf(table, key), value);
            }

            try
            {
                if ((Index.IsFull || Next(400) == 0) && !Index.HasFrozen)
                {
                    lock (_gate)
                    {
                        Index.Freeze(new LogPlace(_log.Count, default), BitConverter.GetBytes(_log.Count));
                    }
                }

                if (Next(4) == 0)
                {
                    Index.Work(1 + Next(4), isQuiet: Next(2) == 0);
                }
            }
            catch (IOException) when (GoesOnAfterFailure)
            {
                Failures++;
            }
        }

        public string? Reopen()
        {
            Index.Dispose();
            Index = IndexStore.Open(_files, _gate, Memory, out var dropped);
            return dropped;
        }

        public void Close() => Index.Dispose();

        public void Settle()
        {
            while (Index.HasFrozen)
            {
                Index.Work(1);
            }

            Index.Settle();
        }

        public void Replay()
        {
            Assert.Equal(Sealed, Sealed == 0 ? 0 : BitConverter.ToInt32(Index.State.Span));
            foreach (var (table, key, value) in _log.Skip((int)Sealed))
            {
                Apply(table, key, value);
            }
        }

        public void Compare()
        {
            var index = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (var table in new[] { IndexTable.Artifacts, IndexTable.Objects, IndexTable.Created })
            {
                using var scan = Index.Scan(table, []);
                while (scan.MoveNext())
                {
                    index.Add(NameOf(table, scan.Key), scan.Value.ToArray());
                }
            }

            Assert.Equal(_model.Keys, index.Keys);
            foreach (var (table, key, _) in _log.Take(300))
            {
                var wanted = _model.GetValueOrDefault(NameOf(table, key));
                Assert.Equal(wanted, Index.Get(table, key));
                Assert.Equal(wanted, index.GetValueOrDefault(NameOf(table, key)));
                var prefix = NameOf(table, key.AsSpan(0, 33));
                Assert.Equal(
                    _model.Keys.Count(name => name.StartsWith(prefix, StringComparison.Ordinal)),
                    CountOf(table, key.AsSpan(0, 33)));
            }
        }

        public void ReadAll()
        {
            foreach (var (table, key, _) in _log)
            {
                Index.Get(table, key);
            }
        }

        public void Dispose() => Index.Dispose();

        private int CountOf(IndexTable table, ReadOnlySpan<byte> prefix)
        {
            using var scan = Index.Scan(table, prefix, expectAbsent: true);
            var count = 0;
            while (scan.MoveNext())
            {
                count++;
            }

            return count;
        }

        private void Apply(IndexTable table, byte[] key, byte[]? value)
        {
            if (value is null)
            {
                Index.Delete(table, key);
            }
            else
            {
                Index.Put(table, key, value);
            }
        }

        private static string NameOf(IndexTable table, ReadOnlySpan<byte> key) =>
            $"{(int)table}:{Convert.ToHexString(key)}";

        private int Next(int below)
        {
            _state = unchecked(_state * 6364136223846793005UL + 1442695040888963407UL);
            return (int)((_state >> 33) % (ulong)below);
        }
    }
}
