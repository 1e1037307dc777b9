using System.Diagnostics;

namespace Omega.P2P.Interop.Tests;

/// <summary>A test that needs Node.js and the modules that js/install.sh puts there. Without them it is skipped with
/// the reason, except under <c>CI=true</c>, where it runs and fails.</summary>
public sealed class JsFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Missing = new(FindMissing);

    public JsFactAttribute() => Skip = IsContinuousIntegration ? null : Missing.Value;

    internal static string ScriptFolder { get; } = FindScriptFolder();

    private static bool IsContinuousIntegration => Environment.GetEnvironmentVariable("CI") == "true";

    private static string? FindMissing()
    {
        if (!Directory.Exists(Path.Combine(ScriptFolder, "node_modules", "libp2p")))
        {
            return "js-libp2p is not installed: run tests/Interop/js/install.sh";
        }

        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", "--version") { RedirectStandardOutput = true });
            node?.WaitForExit();
            return node?.ExitCode == 0 ? null : "node does not run";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return "node is not installed: " + missing.Message;
        }
    }

    private static string FindScriptFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Omega.P2P.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? "", "tests", "Interop", "js");
    }
}
