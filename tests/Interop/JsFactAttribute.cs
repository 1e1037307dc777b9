using System.Diagnostics;

namespace Omega.P2P.Interop.Tests;

/// <summary>A test that needs Node.js and the modules that js/install.sh puts there. Without them it is skipped with
/// the reason, except under <c>CI=true</c>, where it runs and fails.</summary>
public class JsFactAttribute : FactAttribute
{
    public JsFactAttribute()
        : this("js", "libp2p")
    {
    }

    private protected JsFactAttribute(string folder, string module) => Skip = ReasonToSkip(folder, module);

    internal static string? ReasonToSkip(string folder, string module) =>
        IsContinuousIntegration ? null : FindMissing(Path.Combine(FindFolder(), folder), module);

    internal static string ScriptFolder => Path.Combine(FindFolder(), "js");

    internal static string HeliaFolder => Path.Combine(FindFolder(), "helia");

    private static bool IsContinuousIntegration => Environment.GetEnvironmentVariable("CI") == "true";

    private static string? FindMissing(string folder, string module)
    {
        if (!Directory.Exists(Path.Combine(folder, "node_modules", module)))
        {
            return $"{module} is not installed: run tests/Interop/js/install.sh";
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

    private static string FindFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Omega.P2P.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? "", "tests", "Interop");
    }
}

/// <summary>A test that needs Helia beside Node.js.</summary>
public sealed class HeliaFactAttribute() : JsFactAttribute("helia", "@helia");

/// <summary>The same as <see cref="JsFactAttribute"/>, with data.</summary>
public sealed class JsTheoryAttribute : TheoryAttribute
{
    public JsTheoryAttribute() => Skip = JsFactAttribute.ReasonToSkip("js", "libp2p");
}
