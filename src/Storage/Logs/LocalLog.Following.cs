using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Logs;

/// <summary>Following the log record by record from any place in it, for views that know one.</summary>
internal sealed partial class LocalLog
{
    /// <summary>The last record whose effect was applied, and where the next will begin (see
    /// <see cref="LogSpot"/>).</summary>
    public (LogPlace Place, long Next) End
    {
        get
        {
            (LogPlace, long) end = default;
            Exclusively(() => end = (new LogPlace(NextNumber - 1, Chain), _segments[^1].PositionEnd));
            return end;
        }
    }

    /// <summary>Reads the record after a place: false where there is none, or the place is not on this log.</summary>
    /// <param name="place">The record before; then this one.</param>
    /// <param name="next">Where the record begins; then where the one after it does.</param>
    /// <param name="record">Its bytes, which its hash in the chain covers.</param>
    public bool TryFollow(ref LogPlace place, ref long next, out byte[] record)
    {
        record = [];
        var spot = new LogSpot(place.Record + 1, next, 0);
        if (place.Record < 0 || spot.Number >= NextNumber)
        {
            return false;
        }

        for (var attempt = 1; ; attempt++)
        {
            var (name, offset) = Locate(spot);
            try
            {
                lock (_readGate)
                {
                    if (!TryReadFrame(name, offset, out var frame, out record)
                        || LogFrame.HashOf(place.Chain, spot.Number, frame.Flags, record) != frame.Hash)
                    {
                        return false;
                    }

                    place = new LogPlace(spot.Number, frame.Hash);
                    next += LogFrame.HeaderSize + record.Length;
                    return true;
                }
            }
            catch (FileNotFoundException) when (attempt < Attempts)
            {
                // Trimmed between the two steps: it has a new name now.
                continue;
            }
        }
    }

    private bool TryReadFrame(string name, long offset, out LogFrame frame, out byte[] record)
    {
        (frame, record) = (default, []);
        Span<byte> header = stackalloc byte[LogFrame.HeaderSize];
        if (offset < LogFileHeader.Size || OpenForReading(name) is not { } file
            || file.ReadAt(offset, header) != header.Length
            || !LogFrame.TryRead(header, _limits.LogRecordMax, out frame))
        {
            return false;
        }

        record = new byte[frame.RecordLength];
        return file.ReadAt(offset + header.Length, record) == record.Length;
    }
}
