using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Logs;

/// <summary>Called once per whole record, in order. Spans are valid during the call. <paramref name="inline"/> is empty
/// where there was none or where it has moved to a block.</summary>
internal delegate void LogVisitor(long number, ReadOnlySpan<byte> record, ReadOnlySpan<byte> inline);

/// <summary>
/// Walks the rest of a log file from bad bytes on and tells a torn tail from rot. A commit begins only after the one
/// before it was synced: bad bytes with a later commit behind them were once durable, so they are damage and must not
/// be cut off. Of a commit whose last frame is missing nothing counts.
/// </summary>
internal ref struct LogScan
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly int _recordMax;
    private readonly List<OpenFrame> _open = [];

    /// <summary>Begins at a frame.</summary>
    /// <param name="rest">The file from there on.</param>
    /// <param name="number">Number of the record in it.</param>
    /// <param name="chain">Hash of the record before.</param>
    /// <param name="recordMax">Longest record.</param>
    /// <param name="position">Position of the record.</param>
    public LogScan(ReadOnlySpan<byte> rest, long number, Hash256 chain, int recordMax, long position)
    {
        Position = position;
        _file = rest;
        _recordMax = recordMax;
        Number = number;
        Chain = chain;
        FirstDamaged = -1;
        InlineRecords = new InlineMap();
    }

    /// <summary>Where the next frame would begin.</summary>
    public int Offset { get; private set; }

    /// <summary>Number the next record would have.</summary>
    public long Number { get; private set; }

    /// <summary>Hash of the last record walked over.</summary>
    public Hash256 Chain { get; private set; }

    /// <summary>Number of the first damaged record, or -1.</summary>
    public long FirstDamaged { get; private set; }

    /// <summary>Whether bad bytes end the file that no later commit follows: an unfinished write.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Records that carry inline bytes here, with the length of those.</summary>
    public InlineMap InlineRecords { get; }

    /// <summary>Position of the next record; see <see cref="LogSpot"/>.</summary>
    public long Position { get; private set; }

    /// <summary>A place that must lie on this log if it comes by; null for none.</summary>
    public LogPlace? Expected { get; init; }

    /// <summary>Whether a frame is what was written as this record.</summary>
    public static bool IsWhole(in LogFrame frame, ReadOnlySpan<byte> bytes, Hash256 previous, long number) =>
        LogFrame.HashOf(previous, number, frame.Flags, bytes.Slice(LogFrame.HeaderSize, frame.RecordLength))
            == frame.Hash
        && LogFrame.CheckOf(bytes.Slice(LogFrame.HeaderSize + frame.RecordLength, frame.InlineLength))
            == frame.InlineCheck;

    /// <exception cref="LogDivergedException">The expected place is not on this log.</exception>
    public static void RequireExpected(LogPlace? expected, long next, Hash256 chain)
    {
        if (expected is { } place && place.Record == next - 1 && place.Chain != chain)
        {
            throw new LogDivergedException($"log record {place.Record} is not the one that the index has followed");
        }
    }

    /// <exception cref="LogDivergedException">The expected place is not on this log.</exception>
    public void Run(FrameVisitor visitor)
    {
        while (Offset < _file.Length)
        {
            if (TryFrame(Offset, Chain, Number, out var frame) == FrameState.Whole)
            {
                _open.Add(new(frame, new(Number, Position, frame.RecordLength), Offset, Chain));
                Step(frame);
                if ((frame.Flags & LogFrame.CommitContinues) == 0)
                {
                    Release(visitor);
                }

                continue;
            }

            if (!IsFollowedByCommit(Offset))
            {
                TakeBack();
                IsTorn = true;
                return;
            }

            Release(visitor);
            FirstDamaged = FirstDamaged < 0 ? Number : FirstDamaged;
            if (!IsWalkable(Offset, out frame))
            {
                return;
            }

            NoteInline(Number, frame.InlineLength);
            Step(frame);
        }

        IsTorn = _open.Count > 0;
        TakeBack();
    }

    /// <summary>Visits the frames of a commit that is whole.</summary>
    private readonly void Release(FrameVisitor visitor)
    {
        foreach (var open in _open)
        {
            NoteInline(open.Spot.Number, open.Frame.InlineLength);
            open.Visit(visitor, _file.Slice((int)open.Offset, open.Frame.Length));
        }

        _open.Clear();
    }

    /// <summary>Goes back to where the unfinished commit begins.</summary>
    private void TakeBack()
    {
        if (_open.Count > 0)
        {
            var first = _open[0];
            (Offset, Number, Position) = ((int)first.Offset, first.Spot.Number, first.Spot.Position);
            Chain = first.Previous;
            _open.Clear();
        }
    }

    private readonly void NoteInline(long number, int length)
    {
        if (length > 0)
        {
            InlineRecords.Add(number, length);
        }
    }

    private void Step(in LogFrame frame)
    {
        Offset += frame.Length;
        Position += LogFrame.HeaderSize + frame.RecordLength;
        Number++;
        Chain = frame.Hash;
        RequireExpected(Expected, Number, Chain);
    }

    private readonly FrameState TryFrame(int offset, Hash256 previous, long number, out LogFrame frame)
    {
        if (!Fits(offset, out frame))
        {
            return FrameState.Unreadable;
        }

        return IsWhole(frame, _file.Slice(offset, frame.Length), previous, number)
            ? FrameState.Whole
            : FrameState.Damaged;
    }

    private readonly bool Fits(int offset, out LogFrame frame)
    {
        frame = default;
        return _file.Length - offset >= LogFrame.HeaderSize
            && LogFrame.TryRead(_file.Slice(offset, LogFrame.HeaderSize), _recordMax, out frame)
            && frame.Length <= _file.Length - offset;
    }

    /// <summary>Whether the damaged frame's lengths and hash can be trusted: the next frame is chained to
    /// them.</summary>
    private readonly bool IsWalkable(int offset, out LogFrame frame) =>
        Fits(offset, out frame)
        && TryFrame(offset + frame.Length, frame.Hash, Number + 1, out _) == FrameState.Whole;

    /// <summary>Looks for two adjacent chained frames after <paramref name="offset"/> of which one begins a
    /// commit.</summary>
    private readonly bool IsFollowedByCommit(int offset)
    {
        for (var first = offset; first < _file.Length - LogFrame.HeaderSize; first++)
        {
            if (!Fits(first, out var frame))
            {
                continue;
            }

            // The number is unknown where records were lost between; it is at most one per header.
            var second = first + frame.Length;
            if (Fits(second, out var next) && (next.Flags & LogFrame.CommitStart) != 0
                && IsChained(second, frame.Hash, next, (first - offset) / LogFrame.HeaderSize + 1))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool IsChained(int offset, Hash256 previous, in LogFrame frame, int lostMax)
    {
        var record = _file.Slice(offset + LogFrame.HeaderSize, frame.RecordLength);
        for (var lost = 1; lost <= lostMax; lost++)
        {
            if (LogFrame.HashOf(previous, Number + lost, frame.Flags, record) == frame.Hash)
            {
                return true;
            }
        }

        return false;
    }

    private enum FrameState
    {
        Whole,
        Damaged,
        Unreadable,
    }
}
