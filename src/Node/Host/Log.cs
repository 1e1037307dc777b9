using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;

namespace Omega.P2P.Node.Host;

/// <summary>
/// The daemon's log: one line per event on stderr, with the time and, under systemd, a priority mark.
/// </summary>
internal static class Log
{
    private static readonly bool Marked = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    public static void Info(string text) => Write(6, text);

    public static void Warn(string text) => Write(4, text);

    public static void Error(string text) => Write(3, text);

    private static void Write(int priority, string text)
    {
        var line = Table.Printable(text);
        Console.Error.WriteLine(Marked ? $"<{priority}>{line}" : $"{Figures.Time(SystemClock.Now().UnixMs)} {line}");
    }
}
