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

            using var file = files.Open($"{LocalLog.Folder}/{name}", FileOpenMode.Read);
            var walk = new LogWalk(file, name, limits);
            if (!walk.IsReadable)
            {
                throw new StoreDamagedException($"{name} has no readable header");
            }

            walk.Run(
                (in LogFrame _, LogSpot _, ReadOnlySpan<byte> record, ReadOnlySpan<byte> _) =>
                    isOver = isOver || visitor(record.ToArray()),
                () => isOver);
            next = walk.Number;
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
}
