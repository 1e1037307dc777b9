using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage;

/// <summary>The index beside the writers: taking it up, sealing and merging it in small steps.</summary>
public sealed partial class DomainStore
{
    private const int StepPages = 256;
    private const int StepFolds = 64;

    /// <summary>Throws the index away, so that the next opening makes it again from the log. Nothing is lost.</summary>
    /// <param name="fs">Port whose root is the domain's folder; the store must not be open.</param>
    public static void DropIndex(IFileSystem fs)
    {
        ArgumentNullException.ThrowIfNull(fs);
        IndexStore.DeleteAll(fs);
    }

    /// <summary>
    /// One small step of what is due to the index: some changes folded into the trees, the newest entries sealed when
    /// they fill their share of memory or the store is quiet, one mebibyte of a merge. Never holds up a writer for
    /// longer than it takes to swap a list. Call it again while it says true.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full; nothing is lost, the next call tries
    /// again.</exception>
    public bool Maintain(Instant now)
    {
        bool isQuiet;
        lock (_core.State)
        {
            isQuiet = now.RunningMs - _lastPutRunningMs >= _core.Limits.IdleMs;
        }

        if (_isDamaged)
        {
            return FoldSome();
        }

        var isDue = IsFreezeDue(isQuiet ? _core.Limits.IndexQuietEntries : long.MaxValue);
        if (isDue && FoldSome(keepMax: StepFolds))
        {
            return true;
        }

        if (isDue)
        {
            Freeze();
        }

        return SealOrMerge(StepPages, isQuiet) | (isQuiet && FoldSome());
    }

    /// <summary>Seals everything and merges each table into one segment. For measurements, and after a long import.
    /// </summary>
    internal void SettleIndex()
    {
        while (FoldSome())
        {
        }

        while (_core.Index.HasFrozen && SealOrMerge(int.MaxValue))
        {
        }

        if (IsFreezeDue(quietEntries: 1))
        {
            Freeze();
        }

        while (SealOrMerge(int.MaxValue))
        {
        }

        _core.Index.Settle();
    }

    /// <summary>Sets full entries aside for whoever seals them beside the writers. A writer pays only where the entries
    /// set aside before are still in memory: then it helps them to disk.</summary>
    private void SealIndexWhenFull()
    {
        while (!_isDamaged && IsFreezeNeeded(out var isPossible))
        {
            if (!isPossible)
            {
                SealOrMerge(StepPages);
            }
            else if (!FoldSome(keepMax: StepFolds))
            {
                Freeze();
            }
        }
    }

    private bool IsFreezeNeeded(out bool isPossible)
    {
        lock (_core.State)
        {
            isPossible = !_core.Index.HasFrozen;
            return _core.Index.IsFull;
        }
    }

    /// <summary>Whether enough entries are in memory to be set aside, and none are already.</summary>
    private bool IsFreezeDue(long quietEntries)
    {
        lock (_core.State)
        {
            var index = _core.Index;
            return !index.HasFrozen
                && (index.IsFull || index.IsUnplaced || index.EntriesInMemory >= quietEntries);
        }
    }

    /// <summary>Sets the newest entries aside, at a moment without a commit, so that they are the effect of all records
    /// up to one. Trees are up to date then: what is touched and not folded in is in memory alone.</summary>
    private void Freeze()
    {
        lock (_publicGate)
        {
            // The place to be sealed says how far the public log goes: no leaf may be owed to it.
            History.Settle();
            _log.Quiesce(place =>
            {
                lock (_core.State)
                {
                    if (!_core.Index.HasFrozen)
                    {
                        _state.FoldAll();
                        _core.Index.Freeze(place, Checkpoint().Encode());
                    }
                }
            });
        }
    }

    private bool SealOrMerge(int pages, bool isQuiet = false)
    {
        if (_core.Index.HasFrozen)
        {
            // The sealed place says how far the public files go: they must be there as long as it is.
            History.Sync();
        }

        return _core.Index.Work(pages, isQuiet);
    }

    /// <summary>Folds some changes into the trees.</summary>
    /// <param name="keepMax">How many may stay.</param>
    /// <returns>Whether there were more.</returns>
    private bool FoldSome(int keepMax = 0)
    {
        lock (_core.State)
        {
            return _state.Trees.Any(tree => tree.PendingCount > keepMax && tree.Fold(StepFolds));
        }
    }

    /// <summary>Folds all changes into the trees, a step at a time, so that others get at the store between: what comes
    /// meanwhile is left to whoever needs the roots.</summary>
    private void FoldBeforehand()
    {
        while (FoldSome(keepMax: StepFolds))
        {
        }
    }

    /// <summary>Under the public gate and the state lock, while no commit runs.</summary>
    private StoreCheckpoint Checkpoint() => new()
    {
        Files = _log.Notes(),
        Moved = [.. _core.Pending.Moved.Select(pair => (pair.Key, pair.Value))],
        NextBlock = _core.Chunks.NextNumber,
        Blocks = _core.Chunks.Totals,
        Epochs = History.States(),
        Classes = [.. _core.KnownClasses.Select(known => (known.Audience, known.Tenant))],
        WaitingFrom = _core.Pending.FirstRecord,
        Artifacts = _core.Artifacts.Count,
        Audiences = [.. _state.Published.Audiences],
    };

    /// <summary>Opens what the index covers by the index and replays the rest; all where that cannot be.</summary>
    private static Followed Follow(
        IFileSystem fs, StoreOptions o, out LogRecovery found)
    {
        var core = new StoreCore(fs, o);
        var dropped = core.IndexDropped;
        if (core.Index.Place.Record > 0)
        {
            if (StoreCheckpoint.TryDecode(core.Index.State.Span, out var checkpoint))
            {
                try
                {
                    return Follow(core, o, checkpoint, out found);
                }
                catch (Exception useless) when (useless is IndexDamagedException or LogDivergedException)
                {
                    dropped = useless.Message;
                }
            }

            core.Dispose();
            IndexStore.DeleteAll(fs);
            core = new StoreCore(fs, o) { IndexDropped = dropped ?? "its state cannot be read" };
        }

        return Follow(core, o, null, out found);
    }

    private static Followed Follow(
        StoreCore core, StoreOptions o, StoreCheckpoint? checkpoint, out LogRecovery found)
    {
        var state = new StoreState(core, o) { Resume = checkpoint?.Epochs ?? [] };
        LocalLog? log = null;
        try
        {
            var replay = new StoreReplay(core, state, checkpoint);
            replay.Begin();
            replay.Restore();
            log = LocalLog.Open(core.Files, o.Limits, replay.Start, replay.Visit, out found);
            core.Artifacts.Entries.Log = log;
            replay.FinishBlocks();
            replay.FinishTrees();
            return new Followed(core, state, log, replay);
        }
        catch
        {
            log?.Dispose();
            state.Dispose();
            throw;
        }
    }

    /// <summary>A store whose log was read to its end.</summary>
    private sealed record Followed(StoreCore Core, StoreState State, LocalLog Log, StoreReplay Replay) : IDisposable
    {
        public void Dispose()
        {
            Log.Dispose();
            State.Dispose();
            Core.Dispose();
        }
    }
}
