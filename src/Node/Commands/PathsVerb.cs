using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega paths`: where everything lies.</summary>
internal static class PathsVerb
{
    public static Verb Create() => new Verb("paths", "Show where everything lies", "omega paths", "omega paths --json")
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var home = context.Home;
        (string Name, string Path)[] paths =
        [
            ("home", home.Root),
            ("config", home.ConfigFile),
            ("keys", home.Keys),
            ("mesh", home.Mesh),
            ("domains", home.Domains),
            ("socket", home.Socket),
            ("token", home.TokenFile),
        ];
        context.Terminal.Object(w =>
        {
            foreach (var (name, path) in paths) w.WriteString(name, path);
        });
        if (!context.Terminal.Json) context.Terminal.Lines(paths.Select(p => $"{p.Name,-8} {p.Path}"));
        return ExitCode.Ok;
    }
}
