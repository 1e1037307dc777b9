using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Demo;

/// <summary>
/// One node of the demo: this very program as child processes over a home of its own, on ports the system picks.
/// Nothing
/// here reaches into the node; all goes over the command line, as a person would.
/// </summary>
internal sealed class DemoNode : IDisposable
{
    private const int AskToEnd = 15;
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(20);

    private readonly string _home;
    private readonly StringBuilder _log = new();
    private Process? _daemon;

    public DemoNode(string name, string folder)
    {
        Name = name;
        _home = Path.Combine(folder, name);
    }

    public string Name { get; }

    /// <summary>The ready line of the running daemon.</summary>
    public JsonElement Ready { get; private set; }

    public string DomainId => Ready.Text("domain_id") ?? "";

    public void Start()
    {
        Run("init", "--name", $"{Name}.demo").Require(ExitCode.Ok);
        _daemon = Spawn("up", "--json", "--no-discovery",
            "--listen", "/ip4/127.0.0.1/tcp/0", "--control", "127.0.0.1:0");
        _daemon.ErrorDataReceived += (_, e) =>
        {
            lock (_log) _log.AppendLine(e.Data);
        };
        _daemon.BeginErrorReadLine();
        var line = _daemon.StandardOutput.ReadLineAsync();
        if (!line.Wait(ReadyPatience) || line.Result is null)
        {
            string said;
            lock (_log) said = _log.ToString().Trim();
            throw new OmegaException(ExitCode.Error, "demo_failed", $"{Name} did not start: {said}");
        }

        Ready = JsonDocument.Parse(line.Result).RootElement.Clone();
    }

    public void Stop()
    {
        if (_daemon is not { HasExited: false } daemon) return;
        _ = LibC.Kill(daemon.Id, AskToEnd);
        if (!daemon.WaitForExit(EndPatience)) daemon.Kill(entireProcessTree: true);
    }

    /// <summary>One verb with --json.</summary>
    public DemoResult Run(params string[] arguments)
    {
        using var process = Spawn([.. arguments, "--json"]);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new DemoResult(string.Join(' ', arguments), (ExitCode)process.ExitCode, output, error.Result);
    }

    public void Dispose()
    {
        Stop();
        _daemon?.Dispose();
    }

    private Process Spawn(params string[] arguments)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
        var start = new ProcessStartInfo(self)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // Under `dotnet omega.dll` the process is dotnet, which wants to be told the program.
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "omega.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.ArgumentList.Add("--home");
        start.ArgumentList.Add(_home);
        var own = start.Environment.Keys.Where(k => k.StartsWith("OMEGA_", StringComparison.Ordinal)).ToList();
        foreach (var variable in own) start.Environment.Remove(variable);
        var process = Process.Start(start) ?? throw new InvalidOperationException("the program did not start");
        process.StandardInput.Close();
        return process;
    }
}

/// <summary>How one verb ended.</summary>
internal sealed record DemoResult(string Command, ExitCode Exit, string Output, string Error)
{
    /// <summary>The objects on stdout.</summary>
    public IReadOnlyList<JsonElement> Objects =>
    [
        .. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.Clone()),
    ];

    public JsonElement Object => Objects[0];

    /// <summary>The failure's message; empty when there is none.</summary>
    public string Failure
    {
        get
        {
            var last = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
            if (!last.StartsWith('{')) return last;
            using var json = JsonDocument.Parse(last);
            return ErrorReport.FromJson(json.RootElement)?.Message ?? last;
        }
    }

    public DemoResult Require(ExitCode wanted) => Exit == wanted
        ? this
        : throw new OmegaException(ExitCode.Error, "demo_failed",
            $"omega {Command} ended with {(int)Exit}, expected {(int)wanted}: {Failure}");
}
