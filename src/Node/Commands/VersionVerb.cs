using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega version`.</summary>
internal static class VersionVerb
{
    public static string Version { get; } =
        typeof(VersionVerb).Assembly.GetName().Version is { } v ? $"{v.Major}.{v.Minor}.{v.Build}" : "0.0.0";

    public static Verb Create() =>
        new Verb("version", "Print the version").Does(context => (ExitCode)Show(context.Terminal));

    public static int Show(Terminal terminal)
    {
        terminal.Object(w =>
        {
            w.WriteString("version", Version);
            w.WriteString("runtime", Environment.Version.ToString());
            w.WriteString("kernel", Blake3.KernelName);
        });
        if (!terminal.Json) terminal.Line($"omega {Version}");
        return (int)ExitCode.Ok;
    }
}
