using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Logs;

/// <summary>Reading single records again.</summary>
internal sealed partial class LocalLog
{
    private const int OpenFilesMax = 64;
    private const int Attempts = 4;

    private readonly Lock _readGate = new();
    private readonly Dictionary<string, IFile> _openFiles = new(StringComparer.Ordinal);
    private readonly Queue<string> _openOrder = new();
    private long _groupFirst;
    private LogSpot[] _groupSpots = [];

    /// <summary>Records read again since opening.</summary>
    public long RecordReads { get; private set; }

    /// <summary>Where a record lies; only for those of the commit that is just being applied.</summary>
    public LogSpot SpotOf(long number) => _groupSpots[number - _groupFirst];

    /// <summary>Runs something while no commit runs, told the last record and its hash; no record is durable then whose
    /// effect was not applied.</summary>
    public void Quiesce(Action<LogPlace> action) => Exclusively(() => action(new LogPlace(NextNumber - 1, Chain)));

    /// <summary>The files as they are now.</summary>
    public IReadOnlyList<LogFileNote> Notes()
    {
        lock (_commitGate)
        {
            return [.. _segments.Select(segment => new LogFileNote(
                segment.Header.Name, segment.Count, segment.Length, [.. segment.InlineRecords.Records]))];
        }
    }

    /// <summary>Reads a record again. Its bytes are as the file has them: what they must be is the caller's check.
    /// </summary>
    /// <exception cref="StoreDamagedException">There is no such record there.</exception>
    public byte[] Read(LogSpot spot) => Read(spot, withInline: false, out _);

    /// <summary>Reads a record and its inline bytes again; see <see cref="Read(LogSpot)"/>.</summary>
    public byte[] Read(LogSpot spot, out byte[] inline) => Read(spot, withInline: true, out inline);

    private byte[] Read(LogSpot spot, bool withInline, out byte[] inline)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (name, offset) = Locate(spot);
            try
            {
                lock (_readGate)
                {
                    RecordReads++;
                    return ReadAt(OpenForReading(name), offset, spot, withInline, out inline);
                }
            }
            catch (FileNotFoundException) when (attempt < Attempts)
            {
                // Trimmed between the two steps: it has a new name now.
                continue;
            }
        }
    }

    private byte[] ReadAt(IFile file, long offset, LogSpot spot, bool withInline, out byte[] inline)
    {
        inline = [];
        var bytes = new byte[LogFrame.HeaderSize + spot.Length];
        if (file.ReadAt(offset, bytes) != bytes.Length
            || !LogFrame.TryRead(bytes, _limits.LogRecordMax, out var frame) || frame.RecordLength != spot.Length)
        {
            throw new StoreDamagedException($"log record {spot.Number} cannot be read again");
        }

        if (withInline && frame.InlineLength > 0)
        {
            inline = new byte[frame.InlineLength];
            if (file.ReadAt(offset + bytes.Length, inline) != inline.Length
                || LogFrame.CheckOf(inline) != frame.InlineCheck)
            {
                throw new StoreDamagedException($"the inline bytes of log record {spot.Number} are damaged");
            }
        }

        return bytes[LogFrame.HeaderSize..];
    }

    private (string Name, long Offset) Locate(LogSpot spot)
    {
        lock (_commitGate)
        {
            var (low, high) = (0, _segments.Count - 1);
            while (low < high)
            {
                var middle = (low + high + 1) >>> 1;
                if (_segments[middle].Header.First <= spot.Number)
                {
                    low = middle;
                }
                else
                {
                    high = middle - 1;
                }
            }

            var segment = _segments[low];
            return (segment.Header.Name,
                LogFileHeader.Size + spot.Position - segment.Position + segment.InlineRecords.BytesBefore(spot.Number));
        }
    }

    private IFile OpenForReading(string name)
    {
        if (_openFiles.TryGetValue(name, out var file))
        {
            return file;
        }

        while (_openFiles.Count >= OpenFilesMax)
        {
            if (_openFiles.Remove(_openOrder.Dequeue(), out var oldest))
            {
                oldest.Dispose();
            }
        }

        file = _files.Open($"{Folder}/{name}", FileOpenMode.Read);
        _openFiles.Add(name, file);
        _openOrder.Enqueue(name);
        return file;
    }

    private void CloseForReading(string name)
    {
        lock (_readGate)
        {
            if (_openFiles.Remove(name, out var file))
            {
                file.Dispose();
            }
        }
    }

    private void CloseAllForReading()
    {
        lock (_readGate)
        {
            foreach (var file in _openFiles.Values)
            {
                file.Dispose();
            }

            _openFiles.Clear();
            _openOrder.Clear();
        }
    }

    private static LogSpot[] SpotsOf(IReadOnlyList<LogItem> items, long first, long position)
    {
        var spots = new LogSpot[items.Count];
        for (var i = 0; i < spots.Length; i++)
        {
            spots[i] = new LogSpot(first + i, position, items[i].Record.Length);
            position += LogFrame.HeaderSize + items[i].Record.Length;
        }

        return spots;
    }
}
