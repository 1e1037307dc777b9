using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Bytes that nothing keeps being freed, in two phases: a mark in the log, and after a grace period of running
/// time the sweep. Writes and reads go on.</summary>
public sealed partial class DomainStore
{
    private RunningClock? _clock;

    /// <summary>Counts the time this domain is open, which grace periods are made of; <see cref="Idle"/> does it, too.
    /// </summary>
    /// <exception cref="IOException">The disk failed; nothing is lost but some of the count.</exception>
    public void KeepTime(Instant now)
    {
        var clock = ClockAt(now);
        clock.Doubt(now);
        clock.Save(now, always: false);
    }

    /// <summary>Takes note of a time that a trusted peer told: a clock far behind it deletes nothing.</summary>
    public void NoteTimeElsewhere(long unixMs, Instant now) => ClockAt(now).NoteElsewhere(unixMs);

    /// <summary>
    /// What <see cref="Collect"/> would do now; costs what changed since the last plan, and what is dead. Changes
    /// nothing.
    /// </summary>
    /// <exception cref="StoreDamagedException">What a content or a package uses cannot be read.</exception>
    public CollectionPlan PlanCollection(CollectionOptions options, Instant now)
    {
        ArgumentNullException.ThrowIfNull(options);
        CatchUpBeforehand();
        lock (_core.Maintenance)
        {
            CatchUp();
            var doubt = options.TrustsClock ? null : ClockAt(now).Doubt(now);
            var expiring = doubt is null ? ExpiredKeys(now).LongCount() : 0;
            var dead = SurveyDead(RipeBefore(options, now));
            var plan = new CollectionPlan
            {
                Doubt = doubt,
                Expiring = expiring,
                DeadObjects = dead.Objects,
                DeadBytes = dead.Bytes,
                BytesInGrace = dead.Bytes - dead.RipeBytes,
                GraceLeftMs = GraceLeft(options, now),
            };
            foreach (var (block, bytes) in dead.Blocks)
            {
                plan = Add(plan, block, bytes);
            }

            return plan;
        }
    }

    /// <summary>For every block why it stays or how it goes, by id, in memory for one block at a time. Between two of
    /// them the store may change.</summary>
    public IEnumerable<BlockVerdict> ExplainCollection(CollectionOptions options, Instant now)
    {
        ArgumentNullException.ThrowIfNull(options);
        CatchUpBeforehand();
        lock (_core.Maintenance)
        {
            CatchUp();
        }

        foreach (var block in BlocksById([]))
        {
            if (VerdictOf(block, RipeBefore(options, now)) is { } verdict)
            {
                yield return verdict;
            }
        }
    }

    /// <summary>
    /// Removes what retention has ended, marks what nothing keeps, and frees what was marked a grace period ago. May be
    /// stopped at any moment and run again: what is done is done, what is not is found again.
    /// </summary>
    /// <param name="options">How.</param>
    /// <param name="now">The present.</param>
    /// <param name="progress">Told the bytes freed so far, after each step; may throw to stop there.</param>
    /// <exception cref="StoreRefusedException"><c>clock-implausible</c>: nothing was done (law 12).</exception>
    /// <exception cref="StoreDamagedException">What a content or a package uses cannot be read; nothing goes.
    /// </exception>
    public CollectionResult Collect(CollectionOptions options, Instant now, Action<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Deleting(() => CollectOnce(options, now, progress));
    }

    private CollectionResult CollectOnce(CollectionOptions options, Instant now, Action<long>? progress)
    {
        RequireWritable();
        RequirePlausibleClock(options, now);
        var removed = Expire(now);
        CatchUpBeforehand();
        lock (_core.Maintenance)
        {
            CatchUp();
            MarkDead(now);
            var ripeBefore = RipeBefore(options, now);
            var result = new CollectionResult(removed, 0, 0, 0, 0);
            // First what needs no room: on a full disk it makes the room for the rest.
            result = SweepAll([BlockRule.Drop], ripeBefore, result, progress);
            MoveRipePending(ripeBefore);
            result = SweepAll([BlockRule.Drop, BlockRule.Rewrite], ripeBefore, result, progress);
            CheckFolders();
            ReclaimImports(ClockAt(now).RunningMs(now), options.GraceMs ?? _core.Limits.CollectionGraceMs);
            return result;
        }
    }

    /// <summary>Empties the blocks that go in one of these ways.</summary>
    private CollectionResult SweepAll(
        BlockRule[] ways, long ripeBefore, CollectionResult before, Action<long>? progress)
    {
        var dead = SurveyDead(ripeBefore);
        var candidates = dead.Blocks.Select(pair => (Block: pair.Key, Way: GoesAs(pair.Key, pair.Value)))
            .Where(pair => pair.Way is { } way && ways.Contains(way))
            .OrderBy(pair => pair.Way == BlockRule.Drop ? 0 : 1).ThenBy(pair => pair.Block.Id)
            .Select(pair => pair.Block).ToList();
        return SweepAll(
            candidates, ripeBefore, before with { BytesInGrace = dead.Bytes - dead.RipeBytes }, progress);
    }

    private RunningClock ClockAt(Instant now)
    {
        lock (_core.State)
        {
            return _clock ??= new RunningClock(
                _core.Files, _core.Limits, _state.Marks.LastRunningMs, _state.LastRecordMs, now);
        }
    }

    private void RequirePlausibleClock(CollectionOptions options, Instant now)
    {
        var clock = ClockAt(now);
        if (options.TrustsClock)
        {
            clock.Trust(now);
        }
        else if (clock.Doubt(now) is { } doubt)
        {
            throw new StoreRefusedException("clock-implausible", $"nothing is deleted: {doubt}");
        }
    }

    /// <summary>Under the maintenance lock.</summary>
    private void CatchUp() => _state.Uses.CatchUp();

    /// <summary>Does most of that in steps, between which the index is sealed as it fills: so memory is bounded however
    /// much there is to settle. Under no lock.</summary>
    private void CatchUpBeforehand()
    {
        for (var isMore = true; isMore;)
        {
            lock (_core.Maintenance)
            {
                for (var batch = 0; isMore && batch < LedgerBatchesPerCall; batch++)
                {
                    isMore = _state.Uses.CatchUpSome(int.MaxValue);
                }
            }

            try
            {
                if (_core.Index.IsFull)
                {
                    SealIndexWhenFull();
                }
            }
            catch (DiskFullException)
            {
                // What makes room on a full disk must not need any: the rest is settled in memory.
                return;
            }
        }
    }

    private long RipeBefore(CollectionOptions options, Instant now)
    {
        var running = ClockAt(now).RunningMs(now);
        lock (_core.State)
        {
            return _state.Marks.RipeBefore(running, options.GraceMs ?? _core.Limits.CollectionGraceMs);
        }
    }

    private long GraceLeft(CollectionOptions options, Instant now)
    {
        var running = ClockAt(now).RunningMs(now);
        lock (_core.State)
        {
            var grace = options.GraceMs ?? _core.Limits.CollectionGraceMs;
            return _state.Marks.LastRecord == 0 ? 0 : Math.Max(0, _state.Marks.LastRunningMs + grace - running);
        }
    }

    /// <summary>Phase one: says in the log that what is dead now may go a grace period later.</summary>
    private void MarkDead(Instant now)
    {
        if (!EachDead().Any(dead => dead.Record >= _state.Marks.LastRecord))
        {
            return;
        }

        var clock = ClockAt(now);
        clock.Save(now, always: true);
        var mark = new LogRecord.Mark(clock.RunningMs(now), now.UnixMs);
        _log.Commit([Item(mark)], first =>
        {
            lock (_core.State)
            {
                _state.Replay(first, mark, []);
            }
        });
    }

    private IEnumerable<DeadObject> EachDead()
    {
        DeadObject? last = null;
        while (true)
        {
            IReadOnlyList<DeadObject> some;
            lock (_core.State)
            {
                some = _state.Uses.DeadAfter(last, 1024);
            }

            foreach (var dead in some)
            {
                yield return dead;
            }

            if (some.Count == 0)
            {
                yield break;
            }

            last = some[^1];
        }
    }

    /// <summary>Counts what is dead, and per block the bytes that may go. Forgets what is nowhere any more.</summary>
    private DeadSurvey SurveyDead(long ripeBefore)
    {
        var survey = new DeadSurvey();
        foreach (var dead in EachDead())
        {
            lock (_core.State)
            {
                var codec = dead.IsList ? BlockCodec.ChunkList : BlockCodec.Raw;
                var isRipe = dead.Record < ripeBefore;
                var bytes = _core.Pending.TryFind(dead.Id, codec, [], out var pending) ? pending!.Bytes.Length : 0L;
                var isAnywhere = bytes > 0;
                foreach (var place in _core.Chunks.PlacesOf(dead.Id, codec))
                {
                    isAnywhere = true;
                    bytes += place.Block.IsHere ? place.Length : 0;
                    if (isRipe)
                    {
                        survey.Blocks[place.Block] = survey.Blocks.GetValueOrDefault(place.Block) + place.Length;
                    }
                }

                if (!isAnywhere)
                {
                    _state.Uses.Forget(dead);
                    continue;
                }

                survey.Objects++;
                survey.Bytes += bytes;
                survey.RipeBytes += isRipe ? bytes : 0;
            }
        }

        return survey;
    }

    private CollectionPlan Add(CollectionPlan plan, BlockState block, long deadBytes) => GoesAs(block, deadBytes) switch
    {
        BlockRule.Drop => plan with
        {
            BlocksToDrop = plan.BlocksToDrop + 1,
            BytesToFree = plan.BytesToFree + (block.IsHere ? deadBytes : 0),
        },
        BlockRule.Rewrite => plan with
        {
            BlocksToRewrite = plan.BlocksToRewrite + 1,
            BytesToMove = plan.BytesToMove + block.EntryBytes - deadBytes,
            BytesToFree = plan.BytesToFree + deadBytes,
        },
        _ => plan,
    };

    /// <summary>How a block with so many ripe bytes goes; null where it stays. What was evicted has nothing to move:
    /// only its directory is left, which goes when all of it is dead.</summary>
    private BlockRule? GoesAs(BlockState block, long deadBytes)
    {
        if (deadBytes >= block.EntryBytes)
        {
            return BlockRule.Drop;
        }

        return block.IsHere && deadBytes >= _core.Limits.CollectionShareMin * block.EntryBytes
            ? BlockRule.Rewrite
            : null;
    }

    private List<List<BlockState>> StepsOf(List<BlockState> blocks)
    {
        var steps = new List<List<BlockState>>();
        long bytes = 0;
        foreach (var block in blocks)
        {
            if (steps.Count == 0 || bytes + block.Length > _core.Limits.CollectionStep)
            {
                steps.Add([]);
                bytes = 0;
            }

            steps[^1].Add(block);
            bytes += block.Length;
        }

        return steps;
    }

    private sealed class DeadSurvey
    {
        public Dictionary<BlockState, long> Blocks { get; } = [];

        public long Objects { get; set; }

        public long Bytes { get; set; }

        public long RipeBytes { get; set; }
    }
}
