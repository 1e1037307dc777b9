using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Logs;

/// <summary>Reads the log beside its writer, for questions about the past; changes and repairs nothing.</summary>
internal static class LogReading
{
    /// <summary>
    /// Visits the records in order until the visitor has seen enough or the log ends. Records that are being written
    /// meanwhile may or may not be seen; damaged ones are passed over.
    /// </summary>
    /// <exception cref="IOException">A file of the log cannot be read.</exception>
    public static void Walk(IFileSystem files, StoreLimits limits, Func<byte[], bool> visitor)
    {
        var next = 1L;
        var isOver = false;
        foreach (var (name, first) in InOrder(files))
        {
            if (isOver || first < next)
            {
                continue; // of two generations the newer one was read
            }

            var bytes = ReadAll(files, $"{LocalLog.Folder}/{name}");
            if (!LogFileHeader.TryRead(bytes, out var header))
            {
                throw new StoreDamagedException($"{name} has no readable header");
            }

            var scan = new LogScan(bytes, header, limits.LogRecordMax);
            scan.Run((_, record, _) => isOver = isOver || visitor(record.ToArray()));
            next = scan.Number;
        }
    }

    private static IEnumerable<(string Name, long First)> InOrder(IFileSystem files)
    {
        var found = new List<(string Name, long First, int Generation)>();
        foreach (var name in files.List(LocalLog.Folder))
        {
            if (LogFileHeader.TryParseName(name, out var first, out var generation))
            {
                found.Add((name, first, generation));
            }
        }

        return found.OrderBy(file => file.First).ThenByDescending(file => file.Generation)
            .Select(file => (file.Name, file.First));
    }

    private static byte[] ReadAll(IFileSystem files, string path)
    {
        using var file = files.Open(path, FileOpenMode.Read);
        var bytes = new byte[file.Length];
        var read = file.ReadAt(0, bytes);
        return bytes[..read];
    }
}
