using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Logs;

/// <summary>
/// Walks the frames of one log file through a window, so that memory does not grow with the file. Only where bytes are
/// bad is the rest of the file read whole: <see cref="LogScan"/> then says whether they are a torn tail or rot. The
/// frames of a commit are visited when its last one was read. One walk at a time.
/// </summary>
internal sealed class LogWalk
{
    private const int WindowSize = 256 * 1024;

    private readonly IFile _file;
    private readonly string _path;
    private readonly int _recordMax;
    private readonly long _end;
    private readonly List<OpenFrame> _open = [];
    private byte[] _window = new byte[WindowSize];
    private long _windowStart;
    private int _windowLength;

    /// <summary>Begins a walk over a file, which stays the caller's.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="path">For messages.</param>
    /// <param name="limits">What is too long for a record.</param>
    /// <param name="lengthMax">Where the walk ends, if the file is longer.</param>
    public LogWalk(IFile file, string path, StoreLimits limits, long lengthMax = long.MaxValue)
    {
        (_file, _path, _recordMax) = (file, path, limits.LogRecordMax);
        _end = Math.Min(file.Length, lengthMax);
        var header = default(LogFileHeader);
        IsReadable = _end >= LogFileHeader.Size
            && LogFileHeader.TryRead(Bytes(0, LogFileHeader.Size), out header);
        Header = header;
        (Offset, Number, Chain) = (LogFileHeader.Size, header.First, header.Previous);
    }

    /// <summary>Whether the file has a header; without one there is nothing to walk.</summary>
    public bool IsReadable { get; }

    public LogFileHeader Header { get; }

    /// <summary>Where the next frame would begin.</summary>
    public long Offset { get; private set; }

    /// <summary>Number the next record would have.</summary>
    public long Number { get; private set; }

    /// <summary>Hash of the last record walked over.</summary>
    public Hash256 Chain { get; private set; }

    /// <summary>Number of the first damaged record, or -1.</summary>
    public long FirstDamaged { get; private set; } = -1;

    /// <summary>Whether bad bytes end the file that no later commit follows: an unfinished write.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Bytes after the last whole frame of a torn file.</summary>
    public long TornBytes => IsTorn ? _end - Offset : 0;

    /// <summary>Position of the next record; see <see cref="LogSpot"/>.</summary>
    public long Position { get; set; }

    /// <summary>Records that carry inline bytes here, with the length of those.</summary>
    public InlineMap InlineRecords { get; } = new();

    /// <summary>A place that must lie on this log if it comes by; null for none.</summary>
    public LogPlace? Expected { get; init; }

    /// <summary>Whether every frame is whole.</summary>
    public bool IsSound => FirstDamaged < 0 && !IsTorn;

    /// <summary>Visits the frames to the end, or until the visitor says it has seen enough.</summary>
    /// <exception cref="LogDivergedException">The expected place is not on this log.</exception>
    public void Run(FrameVisitor visitor, Func<bool>? isEnough = null)
    {
        LogScan.RequireExpected(Expected, Number, Chain);
        while (Offset < _end && (_open.Count > 0 || isEnough?.Invoke() != true))
        {
            if (!TryFrame(out var frame))
            {
                RunRest(visitor);
                return;
            }

            _open.Add(new(frame, new(Number, Position, frame.RecordLength), Offset, Chain));
            Step(frame);
            if ((frame.Flags & LogFrame.CommitContinues) == 0)
            {
                Release(visitor);
            }
        }

        if (_open.Count > 0)
        {
            RunRest(visitor);
        }
    }

    /// <summary>Visits the frames of a commit that is whole. A long one is read a second time.</summary>
    private void Release(FrameVisitor visitor)
    {
        foreach (var open in _open)
        {
            if (open.Frame.InlineLength > 0)
            {
                InlineRecords.Add(open.Spot.Number, open.Frame.InlineLength);
            }

            open.Visit(visitor, Bytes(open.Offset, open.Frame.Length));
        }

        _open.Clear();
    }

    private bool TryFrame(out LogFrame frame)
    {
        frame = default;
        if (_end - Offset < LogFrame.HeaderSize
            || !LogFrame.TryRead(Bytes(Offset, LogFrame.HeaderSize), _recordMax, out frame)
            || frame.Length > _end - Offset)
        {
            return false;
        }

        return LogScan.IsWhole(frame, Bytes(Offset, frame.Length), Chain, Number);
    }

    private void Step(in LogFrame frame)
    {
        Offset += frame.Length;
        Position += LogFrame.HeaderSize + frame.RecordLength;
        Number++;
        Chain = frame.Hash;
        LogScan.RequireExpected(Expected, Number, Chain);
    }

    /// <summary>Bad bytes, or none behind an unfinished commit: all from that commit on is looked at together.
    /// </summary>
    private void RunRest(FrameVisitor visitor)
    {
        if (_open.Count > 0)
        {
            var first = _open[0];
            (Offset, Number, Position) = (first.Offset, first.Spot.Number, first.Spot.Position);
            Chain = first.Previous;
        }

        var scan = new LogScan(Bytes(Offset, checked((int)(_end - Offset))), Number, Chain, _recordMax, Position)
        {
            Expected = Expected,
        };
        scan.Run(visitor);
        foreach (var (number, length) in scan.InlineRecords.Records)
        {
            InlineRecords.Add(number, length);
        }

        (Offset, Number, Chain, Position) = (Offset + scan.Offset, scan.Number, scan.Chain, scan.Position);
        (FirstDamaged, IsTorn) = (scan.FirstDamaged, scan.IsTorn);
    }

    /// <summary>Bytes of the file, which must be there; valid until the next call.</summary>
    private ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        if (offset < _windowStart || offset + count > _windowStart + _windowLength)
        {
            if (count > _window.Length)
            {
                _window = new byte[count];
            }

            _windowStart = offset;
            _windowLength = (int)Math.Min(_window.Length, _end - offset);
            var read = _file.ReadAt(offset, _window.AsSpan(0, _windowLength));
            if (read != _windowLength)
            {
                throw new IOException($"{_path} gave {read} of {_windowLength} bytes");
            }
        }

        return _window.AsSpan((int)(offset - _windowStart), count);
    }
}
