using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Inline bytes moving from the log into blocks.</summary>
public sealed partial class DomainStore
{
    /// <summary>Steps of index work a call does at most; 64 MiB of merging.</summary>
    private const int IndexStepsPerCall = 64;

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
            MovePending(isQuiet ? _core.Limits.IdleBlockMin : _core.Limits.SmallBlockTarget);
            if (isQuiet)
            {
                TrimLog();
            }
        }

        for (var step = 0; step < IndexStepsPerCall && Maintain(now); step++)
        {
        }
    }

    /// <summary>Moves everything when more waits than allowed: a put pays for those before it.</summary>
    private void MovePendingWhenOver(long bytes)
    {
        SealIndexWhenFull();
        lock (_core.State)
        {
            if (_core.Pending.TotalBytes < bytes)
            {
                return;
            }
        }

        lock (_core.Maintenance)
        {
            MovePending(least: 1);
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

    /// <summary>Shrinks log files whose inline bytes have all moved, when it is worth a rewrite. Under the maintenance
    /// lock.</summary>
    private void TrimLog()
    {
        if (_log.DeadInlineBytes(IsPending) < _core.Limits.IdleBlockMin)
        {
            return;
        }

        _log.Roll();
        _log.Trim(IsPending);
    }

    /// <summary>Whether a record's inline bytes must stay: objects that wait, and what is kept in the log for good.
    /// </summary>
    private bool IsPending(long record)
    {
        lock (_core.State)
        {
            return _core.Pending.IsLive(record) || _state.IsKeptInline(record);
        }
    }
}
