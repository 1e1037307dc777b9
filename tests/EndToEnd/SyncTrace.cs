using System.Text.RegularExpressions;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>
/// What a program did to a home's files until it acknowledged, read from strace, and the check of its order: bytes are
/// synced before the file gets its name and before the acknowledgement; a folder that a name came into is synced before
/// a record of the log tells of that name, and before the acknowledgement; a commit of the log is synced before the
/// next one, and before anything that follows from it.
/// </summary>
/// <remarks>What can be made again from the log or from a block needs no sync of its own: an outboard at all, the files
/// of the public log only before a head over them gets its name.</remarks>
internal sealed partial class SyncTrace
{
    public const string Calls =
        "trace=fsync,fdatasync,write,pwrite64,writev,pwritev,ftruncate,openat,mkdir,rename,renameat,renameat2,"
        + "link,linkat";

    private readonly IReadOnlyList<Step> _steps;

    private SyncTrace(IReadOnlyList<Step> steps) => _steps = steps;

    private enum Kind
    {
        Write,
        Sync,
        Name,
    }

    /// <summary>Paths of the syncs, in order.</summary>
    public IReadOnlyList<string> Synced => [.. _steps.Where(s => s.Kind == Kind.Sync).Select(s => s.Path)];

    /// <summary>Reads the lines of <c>strace -f -y</c>.</summary>
    /// <param name="lines">The trace.</param>
    /// <param name="home">Only what is below it counts.</param>
    /// <param name="acknowledgement">Text whose write to another file ends the trace; it must be there.</param>
    public static SyncTrace Parse(IEnumerable<string> lines, string home, string acknowledgement)
    {
        var steps = new List<Step>();
        var begun = new Dictionary<string, Step>();
        var escaped = acknowledgement.Replace("\"", "\\\"", StringComparison.Ordinal);
        var at = 0;
        foreach (var line in lines)
        {
            at++;
            if (line.Contains(" write(", StringComparison.Ordinal)
                && (line.Contains(escaped, StringComparison.Ordinal)
                    || line.Contains(acknowledgement, StringComparison.Ordinal)))
                return new SyncTrace(steps);
            var thread = line.Split(' ', 2)[0];
            if (Resumed().IsMatch(line))
            {
                if (begun.Remove(thread, out var step) && Success().IsMatch(line)) steps.Add(step with { At = at });
            }
            else if (Read(line, at) is { } step && step.Path.StartsWith(home, StringComparison.Ordinal))
            {
                if (!line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                {
                    if (Success().IsMatch(line)) steps.Add(step);
                    continue;
                }

                begun[thread] = step;
                if (step.Kind == Kind.Write) steps.Add(step);
            }
        }

        throw new FormatException("the acknowledgement is not in the trace");
    }

    /// <summary>The same run, had it left out one sync.</summary>
    public SyncTrace WithoutSync(int index)
    {
        var step = _steps.Where(s => s.Kind == Kind.Sync).ElementAt(index);
        return new SyncTrace([.. _steps.Where(s => !ReferenceEquals(s, step))]);
    }

    /// <summary>The first thing that a power loss could undo after it was relied on; null when there is none.</summary>
    public string? Fault()
    {
        var files = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var folders = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var step in _steps)
        {
            switch (step.Kind)
            {
                case Kind.Sync:
                    Clean(files, step);
                    Clean(folders, step);
                    break;
                case Kind.Write when IsLog(step.Path) && folders.Count > 0:
                    return $"the log is written before the folder {folders.First().Key} is synced";
                case Kind.Write when IsLog(step.Path) && files.ContainsKey(step.Path):
                    return "the log goes on before its last commit is synced";
                case Kind.Write when IsPublicLog(step.Path) && files.Keys.Any(IsLog):
                    return $"{step.Path} is written before the log is synced";
                case Kind.Write when !CanBeMadeAgain(step.Path):
                    files[step.Path] = step.At;
                    break;
                case Kind.Name when files.Keys.Any(IsLog):
                    return $"{step.Path} gets its name before the log is synced";
                case Kind.Name:
                    if (step.From is { } from && files.Remove(from))
                        return $"{step.Path} gets its name before its bytes are synced";
                    if (IsHead(step.Path) && files.Keys.FirstOrDefault(IsPublicLog) is { } leaves)
                        return $"the head {step.Path} gets its name before {leaves} is synced";
                    if (!CanBeMadeAgain(step.Path) && !IsTemporary(step.Path))
                        folders[Path.GetDirectoryName(step.Path)!] = step.At;
                    break;
            }
        }

        var left = files.Keys.Concat(folders.Keys).FirstOrDefault(f => !IsPublicLog(f) && !IsTemporary(f));
        return left is null ? null : $"acknowledged before {left} is synced";
    }

    /// <summary>A sync counts for what was done before it began.</summary>
    private static void Clean(SortedDictionary<string, int> dirty, Step sync)
    {
        if (dirty.TryGetValue(sync.Path, out var at) && at <= sync.Since) dirty.Remove(sync.Path);
    }

    private static bool IsLog(string path) => path.Contains("/log/", StringComparison.Ordinal);

    private static bool IsHead(string path) =>
        Path.GetFileName(path).StartsWith("head-", StringComparison.Ordinal) && !IsTemporary(path);

    private static bool IsPublicLog(string path) =>
        path.Contains("/public/", StringComparison.Ordinal)
        && Path.GetFileName(path) is "leaves" or "bodies" or "bodies.ends";

    private static bool IsTemporary(string path) => path.EndsWith(".tmp", StringComparison.Ordinal)
        || path.EndsWith(".new", StringComparison.Ordinal) || path.EndsWith("/lock", StringComparison.Ordinal);

    private static bool CanBeMadeAgain(string path) => path.EndsWith(".obao", StringComparison.Ordinal);

    private static Step? Read(string line, int at)
    {
        if (OnFile().Match(line) is { Success: true } file)
        {
            var kind = file.Groups["call"].Value is "fsync" or "fdatasync" ? Kind.Sync : Kind.Write;
            return new Step(kind, file.Groups["path"].Value, null, at, at);
        }

        if (Renames().Match(line) is { Success: true } rename)
            return new Step(Kind.Name, rename.Groups["to"].Value, rename.Groups["from"].Value, at, at);
        return Creates().Match(line) is { Success: true } made
            ? new Step(Kind.Name, made.Groups["to"].Value, null, at, at)
            : null;
    }

    [GeneratedRegex(@"^\d+ +<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"\) += \d+(<.*>)?$")]
    private static partial Regex Success();

    [GeneratedRegex(@"^\d+ +(?<call>fsync|fdatasync|write|pwrite64|writev|pwritev|ftruncate)\(\d+<(?<path>/[^>]*)>")]
    private static partial Regex OnFile();

    [GeneratedRegex(@"^\d+ +(?:rename|renameat2?|link|linkat)\((?:\w+<[^>]*>, )?""(?<from>[^""]*)"", "
        + @"(?:\w+<[^>]*>, )?""(?<to>[^""]*)""")]
    private static partial Regex Renames();

    [GeneratedRegex(@"^\d+ +(?:mkdir\(|openat\([^,]*, (?=[^,]*,[^,]*\bO_CREAT\b))""(?<to>[^""]*)""")]
    private static partial Regex Creates();

    /// <summary>One call; <see cref="Since"/> is the line it began on, <see cref="At"/> the one it ended on.</summary>
    private sealed record Step(Kind Kind, string Path, string? From, int Since, int At);
}
