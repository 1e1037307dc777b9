using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Omega.P2P.Node.Output;

/// <summary>
/// Where a verb writes: results to stdout (tables for people, one object per line under --json), everything else to
/// stderr. Colour and progress only on a terminal; NO_COLOR turns colour off.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private static readonly TimeSpan ProgressPause = TimeSpan.FromMilliseconds(100);

    private readonly TextWriter _out;
    private readonly TextWriter _error;
    private readonly bool _colour;
    private readonly bool _progress;
    private int _progressWidth;
    private long _progressAt;

    public Terminal(TextWriter @out, TextWriter error, bool json = false, bool quiet = false, bool colour = false,
        bool progress = false)
    {
        _out = @out;
        _error = error;
        Json = json;
        Quiet = quiet;
        _colour = colour;
        _progress = progress;
    }

    public bool Json { get; }

    public bool Quiet { get; }

    /// <summary>The process's own streams, UTF-8 without a mark, stdout buffered until a line ends.</summary>
    public static Terminal OfProcess(bool json, bool quiet, bool progress)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var output = new StreamWriter(Console.OpenStandardOutput(), utf8, 16 * 1024) { AutoFlush = false };
        var error = new StreamWriter(Console.OpenStandardError(), utf8, 1024) { AutoFlush = true };
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } ||
            Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal(output, error, json, quiet,
            colour: !plain && !json && !Console.IsOutputRedirected,
            progress: progress && !quiet && !json && !Console.IsErrorRedirected);
    }

    /// <summary>A line for people; nothing under --json.</summary>
    public void Say(string line)
    {
        if (!Json && !Quiet) Line(line);
    }

    /// <summary>A line that is the verb's very result, for people and pipes alike; shown even under --quiet.</summary>
    public void Line(string line)
    {
        ClearProgress();
        _out.Write(line);
        _out.Write('\n');
        _out.Flush();
    }

    /// <summary>Many lines at once, flushed at the end.</summary>
    public void Lines(IEnumerable<string> lines)
    {
        ClearProgress();
        foreach (var line in lines)
        {
            _out.Write(line);
            _out.Write('\n');
        }

        _out.Flush();
    }

    /// <summary>One object on stdout under --json.</summary>
    public void Object(Action<Utf8JsonWriter> fields)
    {
        if (Json) Line(JsonLine.Write(fields));
    }

    /// <summary>A step that succeeded, in the words of the seed: a check mark and what was checked.</summary>
    public void Check(string what) => Say($"  {Green("✓")} {what}");

    /// <summary>Something worth knowing that is not the result; on stderr.</summary>
    public void Notice(string text)
    {
        ClearProgress();
        if (!Quiet) _error.Write($"omega: {text}\n");
    }

    public void Fail(ErrorReport report)
    {
        ClearProgress();
        _out.Flush();
        if (Json)
        {
            _error.Write(report.ToJson() + "\n");
            return;
        }

        _error.Write($"omega: {report.Message}\n");
        foreach (var candidate in report.Candidates) _error.Write($"  {Table.Printable(candidate)}\n");
        if (report.Hint is { } hint) _error.Write($"hint: {hint}\n");
    }

    /// <summary>Rewrites the one progress line, at most ten times a second; nothing unless stderr is a terminal.
    /// </summary>
    public void Progress(string text)
    {
        if (!_progress || (_progressWidth > 0 && Stopwatch.GetElapsedTime(_progressAt) < ProgressPause)) return;
        _progressAt = Stopwatch.GetTimestamp();
        _error.Write($"\r{text.PadRight(_progressWidth)}");
        _progressWidth = Math.Max(_progressWidth, text.Length);
    }

    public void ClearProgress()
    {
        if (_progressWidth == 0) return;
        _error.Write($"\r{new string(' ', _progressWidth)}\r");
        _progressWidth = 0;
    }

    public string Bold(string text) => _colour ? $"\u001b[1m{text}\u001b[0m" : text;

    public string Dim(string text) => _colour ? $"\u001b[2m{text}\u001b[0m" : text;

    public string Green(string text) => _colour ? $"\u001b[32m{text}\u001b[0m" : text;

    public void Dispose()
    {
        ClearProgress();
        _out.Flush();
        _error.Flush();
    }
}
