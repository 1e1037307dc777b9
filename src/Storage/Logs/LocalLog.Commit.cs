using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Logs;

/// <summary>Group commit and the change of files.</summary>
internal sealed partial class LocalLog
{
    private const int BufferMax = 1024 * 1024;

    private byte[] _buffer = [];

    /// <summary>
    /// Appends records, makes them durable and runs <paramref name="applied"/> with the number of the first, in record
    /// order against all other commits. Returns when done; several callers share one write and one sync. After a crash
    /// all of them are there or none.
    /// </summary>
    /// <exception cref="IOException">The records are not acknowledged. They may yet be found on reopening only if it
    /// was the sync that failed.</exception>
    public void Commit(IReadOnlyList<LogItem> items, Action<long> applied)
    {
        foreach (var item in items)
        {
            if (item.Record.Length > _limits.LogRecordMax)
            {
                throw new StoreRefusedException(
                    "record-too-large", $"a log record of {item.Record.Length} bytes is over {_limits.LogRecordMax}");
            }
        }

        var waiter = new Waiter(items, applied);
        List<Waiter> group;
        lock (_commitGate)
        {
            _queue.Add(waiter);
            while (waiter.IsTaken ? !waiter.Done : _leading)
            {
                Monitor.Wait(_commitGate);
            }

            if (waiter.IsTaken)
            {
                waiter.ThrowIfFailed();
                return;
            }

            _leading = true;
            group = _queue;
            group.ForEach(taken => taken.IsTaken = true);
            _queue = [];
        }

        Lead(group);
        waiter.ThrowIfFailed();
    }

    /// <summary>Closes the current file, so that all records so far lie in files that no longer grow.</summary>
    public void Roll() => Exclusively(() =>
    {
        if (_segments[^1].Count > 0)
        {
            BeginFile();
        }
    });

    /// <summary>Runs something while no commit runs, and lets none begin meanwhile.</summary>
    private void Exclusively(Action action)
    {
        lock (_commitGate)
        {
            while (_leading)
            {
                Monitor.Wait(_commitGate);
            }

            _leading = true;
            while (_applying)
            {
                Monitor.Wait(_commitGate);
            }
        }

        try
        {
            action();
        }
        finally
        {
            lock (_commitGate)
            {
                _leading = false;
                Monitor.PulseAll(_commitGate);
            }
        }
    }

    /// <summary>Writes a group and applies it, while the next one may be written already.</summary>
    private void Lead(List<Waiter> group)
    {
        var isApplying = false;
        try
        {
            var (first, spots) = WriteGroup(group);
            BeginApplying(first, spots);
            isApplying = true;
            foreach (var waiter in group)
            {
                Apply(waiter, first);
                first += waiter.Items.Count;
            }
        }
        catch (Exception failure)
        {
            foreach (var waiter in group)
            {
                waiter.Failure = failure;
            }
        }
        finally
        {
            lock (_commitGate)
            {
                foreach (var waiter in group)
                {
                    waiter.Done = true;
                }

                (_leading, _applying) = isApplying ? (_leading, false) : (false, _applying);
                Monitor.PulseAll(_commitGate);
            }
        }
    }

    /// <summary>Lets the next group be written, once the one before is applied: groups take effect in their order, and
    /// one at most waits for it.</summary>
    private void BeginApplying(long first, LogSpot[] spots)
    {
        lock (_commitGate)
        {
            while (_applying)
            {
                Monitor.Wait(_commitGate);
            }

            (_leading, _applying) = (false, true);
            (_groupFirst, _groupSpots) = (first, spots);
            Monitor.PulseAll(_commitGate);
        }
    }

    /// <summary>A record that is durable but cannot be applied leaves memory behind the log: no more appends.</summary>
    private void Apply(Waiter waiter, long first)
    {
        try
        {
            waiter.Applied(first);
        }
        catch (Exception failure)
        {
            waiter.Failure = failure;
            lock (_commitGate)
            {
                _failure = failure;
            }
        }
    }

    /// <summary>One append, one sync; returns the number of the first record, and where each lies.</summary>
    private (long First, LogSpot[] Spots) WriteGroup(List<Waiter> group)
    {
        const string FailedEarlier = "the log failed earlier and must be reopened";
        switch (_failure)
        {
            case null:
                break;
            case DiskFullException:
                throw new DiskFullException($"{FailedEarlier}: {_failure.Message}", _failure);
            default:
                throw new IOException(FailedEarlier, _failure);
        }

        if (_segments[^1].Length >= _limits.LogSegmentTarget)
        {
            BeginFile();
        }

        var items = group.Count == 1 ? group[0].Items : group.SelectMany(waiter => waiter.Items).ToList();
        var segment = _segments[^1];
        var first = NextNumber;
        var frames = Buffer(LengthOf(items));
        Frame(group.ConvertAll(waiter => waiter.Items), Chain, first, frames, out var chain);
        AppendOrCutBack(frames, segment.Length);
        try
        {
            _file.Sync();
        }
        catch (Exception failure)
        {
            _failure = failure;
            throw;
        }

        Commits++;
        var spots = SpotsOf(items, first, segment.PositionEnd);
        lock (_commitGate)
        {
            segment.Length += frames.Length;
            segment.Count += items.Count;
            NoteInline(segment, items, first);
        }

        NextNumber = first + items.Count;
        Chain = chain;
        return (first, spots);
    }

    /// <summary>Memory for one group, kept from one to the next unless it is large. The leader's alone.</summary>
    private Span<byte> Buffer(int length)
    {
        if (length > BufferMax)
        {
            return new byte[length];
        }

        if (_buffer.Length < length)
        {
            _buffer = new byte[Math.Min(BufferMax, 2 * length)];
        }

        return _buffer.AsSpan(0, length);
    }

    private void AppendOrCutBack(ReadOnlySpan<byte> frames, long lengthBefore)
    {
        try
        {
            _file.Append(frames);
        }
        catch (IOException failure)
        {
            try
            {
                _file.Truncate(lengthBefore);
            }
            catch (IOException)
            {
                _failure = failure;
            }

            throw;
        }
    }

    private void BeginFile()
    {
        var header = new LogFileHeader(NextNumber, Generation: 0, Chain);
        var file = WriteFile(_files, header, static _ => { });
        _file.Dispose();
        _file = file;
        lock (_commitGate)
        {
            _segments.Add(new LogSegment
            {
                Header = header,
                Length = LogFileHeader.Size,
                Position = _segments[^1].PositionEnd,
            });
        }
    }

    private sealed class Waiter(IReadOnlyList<LogItem> items, Action<long> applied)
    {
        public IReadOnlyList<LogItem> Items { get; } = items;

        public Action<long> Applied { get; } = applied;

        /// <summary>Whether it is in a group that somebody leads.</summary>
        public bool IsTaken { get; set; }

        public bool Done { get; set; }

        public Exception? Failure { get; set; }

        public void ThrowIfFailed()
        {
            switch (Failure)
            {
                case null:
                    return;
                case DiskFullException full:
                    throw new DiskFullException(full.Message, full);
                default:
                    throw new IOException($"not committed: {Failure.Message}", Failure);
            }
        }
    }
}
