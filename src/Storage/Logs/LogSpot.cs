using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Logs;

/// <summary>Where a record can be read again, whatever file it lies in by then.</summary>
/// <param name="Number">The record's number.</param>
/// <param name="Position">Where its frame begins in the log without file headers and inline bytes.</param>
/// <param name="Length">Bytes of the record.</param>
internal readonly record struct LogSpot(long Number, long Position, int Length);

/// <summary>Called once per whole record, in order. Spans are valid during the call.</summary>
internal delegate void PlacedVisitor(LogSpot spot, ReadOnlySpan<byte> record, ReadOnlySpan<byte> inline);

/// <summary>Called once per whole frame of a whole commit, in order. Spans are valid during the call.</summary>
internal delegate void FrameVisitor(
    in LogFrame frame, LogSpot spot, ReadOnlySpan<byte> record, ReadOnlySpan<byte> inline);

/// <summary>A whole frame of a commit that has not ended yet.</summary>
/// <param name="Frame">Its header.</param>
/// <param name="Spot">The record in it.</param>
/// <param name="Offset">Where it begins in what is walked over.</param>
/// <param name="Previous">Hash of the record before.</param>
internal readonly record struct OpenFrame(LogFrame Frame, LogSpot Spot, long Offset, Hash256 Previous)
{
    /// <summary>Visits the frame, whose bytes these are.</summary>
    public void Visit(FrameVisitor visitor, ReadOnlySpan<byte> bytes) => visitor(
        Frame,
        Spot,
        bytes.Slice(LogFrame.HeaderSize, Frame.RecordLength),
        bytes.Slice(LogFrame.HeaderSize + Frame.RecordLength, Frame.InlineLength));
}

/// <summary>What an index knows of the log's files, so that those whose records it covers need not be read.</summary>
/// <param name="Place">The last record covered.</param>
/// <param name="RevisitFrom">From this record on files are read all the same: bytes in them wait for a block.</param>
/// <param name="Files">Files as they were then; one that has changed since is read.</param>
internal sealed record LogStart(LogPlace Place, long RevisitFrom, IReadOnlyList<LogFileNote> Files);

/// <summary>One log file as it was at some time.</summary>
internal readonly record struct LogFileNote(
    string Name, long Count, long Length, IReadOnlyList<(long Number, int Length)> Inline);

/// <summary>The log is not one that the index has followed: it was cut, put back from a copy, or replaced.</summary>
internal sealed class LogDivergedException : IOException
{
    public LogDivergedException(string message) : base(message)
    {
    }

    public LogDivergedException(string message, Exception inner) : base(message, inner)
    {
    }

    public LogDivergedException() : base("the log is another one")
    {
    }
}
