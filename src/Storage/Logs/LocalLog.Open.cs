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
    public static LocalLog Open(IFileSystem files, StoreLimits limits, LogVisitor visitor, out LogRecovery recovery)
    {
        var removed = RemoveTemporaries(files);
        var found = FindFiles(files);
        if (found.Count == 0)
        {
            throw new NoStoreException();
        }

        var segments = new List<LogSegment>();
        var (next, chain, tornBytes, damaged) = (1L, default(Hash256), 0L, -1L);
        foreach (var (name, first) in found)
        {
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

            var segment = ReadFile(files, limits, name, visitor, ref chain, ref next, ref tornBytes, ref damaged);
            segments.Add(segment);
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
        IFileSystem files,
        StoreLimits limits,
        string name,
        LogVisitor visitor,
        ref Hash256 chain,
        ref long next,
        ref long tornBytes,
        ref long damaged)
    {
        if (tornBytes > 0)
        {
            throw new StoreDamagedException($"a log file before {name} ends in unreadable bytes");
        }

        var bytes = ReadAll(files, $"{Folder}/{name}");
        if (!LogFileHeader.TryRead(bytes, out var header) || header.Name != name || header.First != next
            || header.Previous != chain)
        {
            throw new StoreDamagedException($"{name} does not continue the log at record {next}");
        }

        var scan = new LogScan(bytes, header, limits.LogRecordMax);
        scan.Run(visitor);
        chain = scan.Chain;
        next = scan.Number;
        tornBytes = scan.IsTorn ? bytes.Length - scan.Offset : 0;
        damaged = damaged < 0 ? scan.FirstDamaged : damaged;
        return new LogSegment
        {
            Header = header,
            Count = scan.Number - header.First,
            Length = scan.Offset,
            InlineRecords = scan.InlineRecords,
        };
    }

    private static byte[] ReadAll(IFileSystem files, string path)
    {
        using var file = files.Open(path, FileOpenMode.Read);
        var bytes = new byte[file.Length];
        var read = file.ReadAt(0, bytes);
        return read == bytes.Length
            ? bytes
            : throw new IOException($"{path} gave {read} of {bytes.Length} bytes");
    }
}
