using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Logs;

/// <summary>Opening and replay.</summary>
internal sealed partial class LocalLog
{
    /// <summary>
    /// Replays all records in order, cuts an unfinished write off the end, removes files that a newer generation
    /// covers. With damage found, the log is left as it is and takes no appends.
    /// </summary>
    /// <exception cref="NoStoreException">There is no log.</exception>
    /// <exception cref="StoreDamagedException">A file is missing, or its header unreadable.</exception>
    public static LocalLog Open(IFileSystem files, StoreLimits limits, LogVisitor visitor, out LogRecovery recovery) =>
        Open(
            files, limits, start: null, (spot, record, inline) => visitor(spot.Number, record, inline), out recovery);

    /// <summary>As above; files that lie wholly before the start, and are as noted there, are not read, and their
    /// records not visited.</summary>
    /// <exception cref="LogDivergedException">The start is not on this log.</exception>
    public static LocalLog Open(
        IFileSystem files, StoreLimits limits, LogStart? start, PlacedVisitor visitor, out LogRecovery recovery)
    {
        var removed = RemoveTemporaries(files);
        var found = FindFiles(files);
        if (found.Count == 0)
        {
            throw new NoStoreException();
        }

        var segments = new List<LogSegment>();
        var (next, chain, tornBytes, damaged) = (1L, default(Hash256), 0L, -1L);
        var opening = new LogOpening(files, limits, start, visitor);
        for (var i = 0; i < found.Count; i++)
        {
            var (name, first) = found[i];
            if (first < next && segments.Count > 0)
            {
                files.Delete($"{Folder}/{name}");
                removed++;
                continue;
            }

            if (damaged >= 0 && first != next)
            {
                break;
            }

            var position = segments.Count == 0 ? 0 : segments[^1].PositionEnd;
            segments.Add(
                opening.TryPass(found, i, next, position, ref chain)
                ?? ReadFile(opening, name, position, ref chain, ref next, ref tornBytes, ref damaged));
            next = segments[^1].End;
        }

        if (start is not null && next <= start.Place.Record)
        {
            throw new LogDivergedException($"the log ends at record {next - 1}, the index at {start.Place.Record}");
        }

        recovery = new LogRecovery
        {
            Records = next - 1,
            TornBytes = tornBytes,
            FirstDamaged = damaged,
            FilesRemoved = removed,
        };
        return Reopen(files, limits, segments, chain, tornBytes, damaged);
    }

    private static LocalLog Reopen(
        IFileSystem files, StoreLimits limits, List<LogSegment> segments, Hash256 chain, long tornBytes, long damaged)
    {
        var file = files.Open($"{Folder}/{segments[^1].Header.Name}", FileOpenMode.ReadWrite);
        if (tornBytes > 0 && damaged < 0)
        {
            file.Truncate(segments[^1].Length);
            file.Sync();
        }

        return new LocalLog(files, limits, segments, file, chain)
        {
            _failure = damaged < 0 ? null : new StoreDamagedException($"log record {damaged} is damaged"),
        };
    }

    /// <summary>Log files by first record, of equals the newest generation first.</summary>
    private static List<(string Name, long First)> FindFiles(IFileSystem files)
    {
        var found = new List<(string Name, long First, int Generation)>();
        foreach (var name in files.List(Folder))
        {
            if (LogFileHeader.TryParseName(name, out var first, out var generation))
            {
                found.Add((name, first, generation));
            }
        }

        return [.. found.OrderBy(file => file.First).ThenByDescending(file => file.Generation)
            .Select(file => (file.Name, file.First))];
    }

    private static LogSegment ReadFile(
        LogOpening opening,
        string name,
        long position,
        ref Hash256 chain,
        ref long next,
        ref long tornBytes,
        ref long damaged)
    {
        if (tornBytes > 0)
        {
            throw new StoreDamagedException($"a log file before {name} ends in unreadable bytes");
        }

        using var file = opening.Files.Open($"{Folder}/{name}", FileOpenMode.Read);
        var walk = new LogWalk(file, $"{Folder}/{name}", opening.Limits)
        {
            Position = position,
            Expected = opening.Start?.Place,
        };
        if (!walk.IsReadable || walk.Header.Name != name || walk.Header.First != next || walk.Header.Previous != chain)
        {
            throw new StoreDamagedException($"{name} does not continue the log at record {next}");
        }

        walk.Run((in LogFrame _, LogSpot spot, ReadOnlySpan<byte> record, ReadOnlySpan<byte> inline) =>
            opening.Visitor(spot, record, inline));
        chain = walk.Chain;
        next = walk.Number;
        tornBytes = walk.TornBytes;
        damaged = damaged < 0 ? walk.FirstDamaged : damaged;
        return new LogSegment
        {
            Header = walk.Header,
            Position = position,
            Count = walk.Number - walk.Header.First,
            Length = walk.Offset,
            InlineRecords = walk.InlineRecords,
        };
    }

    /// <summary>What the reading of all files shares.</summary>
    private sealed record LogOpening(IFileSystem Files, StoreLimits Limits, LogStart? Start, PlacedVisitor Visitor)
    {
        private readonly Dictionary<string, LogFileNote> _notes =
            (Start?.Files ?? []).ToDictionary(file => file.Name, StringComparer.Ordinal);

        /// <summary>Takes a file as noted, but for its header; null where it must be read.</summary>
        public LogSegment? TryPass(
            List<(string Name, long First)> found, int index, long first, long position, ref Hash256 chain)
        {
            var name = found[index].Name;
            if (Start is null || !_notes.TryGetValue(name, out var note)
                || first + note.Count > Math.Min(Start.Place.Record + 1, Start.RevisitFrom)
                || Files.Length($"{Folder}/{name}") != note.Length)
            {
                return null;
            }

            // The file after it says the hash of its last record; the newest file is always read.
            var following = found.FindIndex(index + 1, file => file.First == first + note.Count);
            var header = ReadHeader(name);
            if (following < 0 || header.First != first || header.Previous != chain)
            {
                return null;
            }

            var segment = new LogSegment
            {
                Header = header,
                Count = note.Count,
                Length = note.Length,
                Position = position,
            };
            foreach (var (number, length) in note.Inline)
            {
                segment.InlineRecords.Add(number, length);
            }

            chain = ReadHeader(found[following].Name).Previous;
            return segment;
        }

        private LogFileHeader ReadHeader(string name)
        {
            using var file = Files.Open($"{Folder}/{name}", FileOpenMode.Read);
            var bytes = new byte[LogFileHeader.Size];
            return file.ReadAt(0, bytes) == bytes.Length && LogFileHeader.TryRead(bytes, out var header)
                ? header
                : throw new StoreDamagedException($"the header of {name} is damaged");
        }
    }
}
