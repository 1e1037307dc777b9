using System.Diagnostics;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>The launcher: found through links, gives its place to the program, keeps stdout clean.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly TestHome _home = new("launcher");

    public void Dispose() => _home.Dispose();

    [Fact]
    public void WorksThroughASymbolicLinkInAFolderWithSpaces()
    {
        Directory.CreateDirectory(_home["bin with spaces"]);
        File.CreateSymbolicLink(_home["bin with spaces/ω"], Path.Combine(OmegaProgram.Root, "omega"));
        var ended = OmegaProgram.RunProgram(_home["bin with spaces/ω"], ["version"], folder: _home.Folder).Require(0);
        Assert.Matches(@"^omega \d+\.\d+\.\d+\n$", ended.Output);
    }

    [Fact]
    public void TheProgramTakesTheLaunchersPlace()
    {
        _home.Init().Up();
        using var daemon = Process.GetProcessById(_home.DaemonId);
        Assert.Equal("omega", daemon.ProcessName);
        Assert.EndsWith("/omega", daemon.MainModule!.FileName, StringComparison.Ordinal);
        Assert.DoesNotContain("bash", daemon.MainModule!.FileName, StringComparison.Ordinal);
        Assert.Equal(0, _home.Stop());
    }

    [Fact]
    public void TheCommandLineDoesNotLoadTheWebServer()
    {
        _home.Init();
        var trace = _home["trace"];
        var stamp = File.ReadAllLines(Path.Combine(OmegaProgram.Root, ".build", "stamp"));
        OmegaProgram.RunProgram("strace",
            ["-f", "-o", trace, "-e", "trace=openat", Path.Combine(stamp[0], "omega"), "ls", "--home", _home.Home],
            environment: new Dictionary<string, string?> { ["DOTNET_ROOT"] = stamp[1] }).Require(0);
        var opened = File.ReadAllText(trace);
        Assert.Contains("Omega.P2P.Storage.dll", opened, StringComparison.Ordinal);
        Assert.DoesNotContain("Kestrel", opened, StringComparison.Ordinal);
    }

    [Fact]
    public void CompletionScriptsAreValid()
    {
        var script = OmegaProgram.Run(["completion", "bash"]).Require(0).Output;
        File.WriteAllText(_home["completion"], script);
        var typed = "COMP_WORDS=(omega peer in); COMP_CWORD=2; _omega; echo \"${COMPREPLY[*]}\"";
        var words = OmegaProgram.RunProgram("bash", ["-c", $"source '{_home["completion"]}'; {typed}"]).Require(0);
        Assert.Equal("invite", words.Output.Trim());
    }
}
