using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Inline bytes moving from the log into blocks.</summary>
public sealed partial class DomainStore
{
    /// <summary>Steps of index work a call does at most; 64 MiB of merging.</summary>
    private const int IndexStepsPerCall = 64;

    /// <summary>Names of block files a call looks at (guess: a tenth of a second).</summary>
    private const int NamesPerCall = 4096;

    /// <summary>Log files and records that may carry bytes nobody waits for, while puts keep coming.</summary>
    private const int DeadFilesMax = 4;
    private const int DeadRecordsMax = 65_536;

    private readonly WorkBeside _indexing;
    private readonly WorkBeside _moving;

    /// <summary>
    /// Work that is due without a request: moves inline bytes to a block when enough wait, or some wait and no put has
    /// come for a while, and then shrinks the log files that carried them. The driver calls it about every second.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full; nothing is lost, the next call tries
    /// again.</exception>
    public void Idle(Instant now)
    {
        if (ReadOnly)
        {
            return;
        }

        KeepTime(now);
        bool isQuiet;
        lock (_core.State)
        {
            isQuiet = now.RunningMs - _lastPutRunningMs >= _core.Limits.IdleMs;
        }

        lock (_core.Maintenance)
        {
            bool isCrowded;
            lock (_core.State)
            {
                isCrowded = _core.Pending.MemoryBytes >= _core.Limits.PendingMax / 2;
            }

            MovePending(isCrowded ? 1 : isQuiet ? _core.Limits.IdleBlockMin : _core.Limits.SmallBlockTarget);
            TrimLog(isQuiet);
            CheckFolders(NamesPerCall);
            if (isQuiet)
            {
                SettleSome();
            }
        }

        for (var step = 0; step < IndexStepsPerCall && Maintain(now); step++)
        {
        }
    }

    /// <summary>Has what waits moved beside the writers once half of what is allowed does, and the newest entries of
    /// the index set aside once they are due. A put pays for those before it only where they come faster than that is
    /// done.</summary>
    private void MovePendingWhenOver(long bytes)
    {
        // All figures are read without the state lock: one that is a moment old is as good.
        if (_core.Index.IsFull)
        {
            _indexing.Begin(SealIndexWhenFull);
            if (_core.Index.IsOverfull)
            {
                SealIndexWhenFull();
            }
        }

        if (_core.Pending.MemoryBytes >= bytes / 2)
        {
            _moving.Begin(() => MovePendingOver(bytes / 2));
            if (_core.Pending.MemoryBytes >= bytes)
            {
                MovePendingOver(bytes);
            }
        }
    }

    private void MovePendingOver(long bytes)
    {
        lock (_core.Maintenance)
        {
            if (_core.Pending.MemoryBytes >= bytes)
            {
                MovePending(least: 1);
            }
        }
    }

    /// <summary>Moves the classes that have at least so many bytes waiting. Under the maintenance lock.</summary>
    private void MovePending(long least)
    {
        List<ClassTag> due;
        lock (_core.State)
        {
            due = [.. _core.Pending.Classes.Where(tag => _core.Pending.BytesOf(tag) >= least)];
        }

        foreach (var tag in due)
        {
            MoveClass(tag);
        }
    }

    /// <summary>Writes all waiting objects of a class into blocks and says so in the log. Under the maintenance lock.
    /// </summary>
    private void MoveClass(ClassTag tag)
    {
        IReadOnlyList<PendingObject> waiting;
        lock (_core.State)
        {
            waiting = _core.Pending.Of(tag);
        }

        if (waiting.Count == 0)
        {
            return;
        }

        var sink = new BlockSink(_core, tag, _core.Limits.SmallBlockTarget);
        _gate.EnterReadLock();
        try
        {
            foreach (var pending in waiting)
            {
                sink.Add(pending.Id, pending.Codec, pending.Bytes);
            }

            sink.Seal();
            CommitMoved(tag, sink, waiting.Max(pending => pending.Record));
        }
        catch
        {
            sink.Discard();
            throw;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private void CommitMoved(ClassTag tag, BlockSink sink, long through)
    {
        var record = LogRecordCodec.Encode(new LogRecord.Seal(sink.Ids(), tag, through));
        _log.Commit([new LogItem(record, [])], _ =>
        {
            lock (_core.State)
            {
                foreach (var block in sink.Blocks)
                {
                    _core.Chunks.Add(block.Id, block.Directory, isHere: true);
                }

                _core.Pending.RemoveThrough(tag, through);
            }
        });
    }

    /// <summary>Shrinks log files whose inline bytes have moved, when it is worth a rewrite: soon where it is quiet,
    /// later where puts keep coming. Under the maintenance lock.</summary>
    private void TrimLog(bool isQuiet)
    {
        var isLive = LiveRecords();
        var (records, bytes) = _log.DeadInline(isLive);
        if (isQuiet ? bytes < _core.Limits.IdleBlockMin
            : records < DeadRecordsMax && bytes < DeadFilesMax * _core.Limits.LogSegmentTarget)
        {
            return;
        }

        if (isQuiet)
        {
            _log.Roll();
        }

        _log.Trim(isLive);
    }

    /// <summary>Closes the current log file, and shrinks all as above. Under the maintenance lock.</summary>
    private void TrimWholeLog()
    {
        _log.Roll();
        _log.Trim(LiveRecords());
    }

    /// <summary>Whether a record's inline bytes must stay: objects that wait, what is kept in the log for good, and
    /// whatever came after this moment. Taken while no commit runs: of one that is durable and not applied yet nobody
    /// would know that its bytes wait.</summary>
    private Func<long, bool> LiveRecords()
    {
        long last = 0;
        HashSet<long> live = [];
        _log.Quiesce(place =>
        {
            lock (_core.State)
            {
                last = place.Record;
                live = _core.Pending.Records;
                live.UnionWith(_state.KeptInline);
            }
        });
        return record => record > last || live.Contains(record);
    }
}
