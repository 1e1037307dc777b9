using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>The shipped program, by its launcher: `omega` of this repository, or what OMEGA_BIN names.</summary>
internal static class OmegaProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static string Root { get; } = FindRoot();

    public static string Launcher { get; } = Environment.GetEnvironmentVariable("OMEGA_BIN") is { Length: > 0 } named
        ? named
        : Path.Combine(Root, "omega");

    public static bool IsFull => Environment.GetEnvironmentVariable("OMEGA_FULL") == "1";

    public static Process Spawn(string program, IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? "",
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var inherited = start.Environment.Keys.Where(k => k.StartsWith("OMEGA_", StringComparison.Ordinal)).ToList();
        foreach (var name in inherited) start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }

    public static Ended Run(IEnumerable<string> arguments, byte[]? input = null,
        IReadOnlyDictionary<string, string?>? environment = null, string? folder = null) =>
        RunProgram(Launcher, arguments, input, environment, folder);

    public static Ended RunProgram(string program, IEnumerable<string> arguments, byte[]? input = null,
        IReadOnlyDictionary<string, string?>? environment = null, string? folder = null)
    {
        var line = arguments.ToList();
        using var process = Spawn(program, line, environment, folder);
        var error = process.StandardError.ReadToEndAsync();
        var output = ReadBytesAsync(process.StandardOutput.BaseStream);
        var feeding = FeedAsync(process, input ?? []);
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', line)} did not end");
        }

        feeding.Wait();
        return new Ended(string.Join(' ', line), process.ExitCode, output.Result, error.Result);
    }

    private static async Task FeedAsync(Process process, byte[] input)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            return; // it ended without reading all; the exit code tells the rest
        }
    }

    private static async Task<byte[]> ReadBytesAsync(Stream stream)
    {
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        // Deterministic builds map the source path away; the output folder is below the repository, too.
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Omega.P2P.sln"))) return folder;
        }

        throw new InvalidOperationException($"the repository is not above {AppContext.BaseDirectory} ({here})");
    }
}

/// <summary>A process that has ended.</summary>
internal sealed record Ended(string Command, int Exit, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);

    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<JsonElement> Objects => [.. Lines.Select(l => JsonDocument.Parse(l).RootElement)];

    public JsonElement Object => Assert.Single(Objects);

    /// <summary>The error object of the last line on stderr.</summary>
    public JsonElement Failure => JsonDocument.Parse(
        Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement.GetProperty("error");

    public Ended Require(int exit)
    {
        Assert.True(Exit == exit, $"omega {Command}\nended with {Exit}, expected {exit}\n{Error}\n{Output}");
        return this;
    }
}

internal static class JsonFields
{
    /// <summary>A text field that must be there.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");
}
