using System.CommandLine;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega completion bash|zsh|fish`: a script made from the commands themselves.</summary>
internal static class CompletionVerb
{
    public static Verb Create(RootCommand root)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return new Verb("completion", "Print a completion script for a shell",
                "omega completion bash > ~/.local/share/bash-completion/completions/omega",
                "omega completion fish > ~/.config/fish/completions/omega.fish")
            .With(shell)
            .Does(context =>
            {
                context.Terminal.Lines(context.Get(shell) switch
                {
                    "bash" => Bash(root),
                    "zsh" => ["#compdef omega", "autoload -U +X bashcompinit && bashcompinit", .. Bash(root)],
                    _ => Fish(root),
                });
                return ExitCode.Ok;
            });
    }

    private static IEnumerable<string> Bash(RootCommand root)
    {
        yield return "_omega() {";
        yield return "  local word=${COMP_WORDS[COMP_CWORD]} path='' i";
        yield return "  for ((i = 1; i < COMP_CWORD; i++)); do";
        yield return "    case ${COMP_WORDS[i]} in -*) continue ;; esac";
        yield return "    path+=${path:+ }${COMP_WORDS[i]}";
        yield return "  done";
        yield return "  local words";
        yield return "  case $path in";
        foreach (var (path, command) in Walk(root, ""))
        {
            var pattern = path.Length == 0 ? "''" : $"'{path}'*";
            if (path.Length > 0) yield return $"    {pattern}) words='{string.Join(' ', Words(root, command))}' ;;";
        }

        yield return $"    *) words='{string.Join(' ', Words(root, root))}' ;;";
        yield return "  esac";
        yield return "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))";
        yield return "}";
        yield return "complete -o default -F _omega omega";
    }

    private static IEnumerable<string> Fish(RootCommand root)
    {
        foreach (var command in Visible(root))
        {
            var seen = $"-n '__fish_seen_subcommand_from {command.Name}'";
            yield return FishLine("-n __fish_use_subcommand", $"-a {command.Name}", command.Description);
            foreach (var sub in Visible(command)) yield return FishLine(seen, $"-a {sub.Name}", sub.Description);
            foreach (var option in command.Options)
                yield return FishLine(seen, $"-l {option.Name.TrimStart('-')}", option.Description);
        }

        foreach (var option in root.Options.Where(o => o.Recursive))
            yield return FishLine("", $"-l {option.Name.TrimStart('-')}", option.Description);
    }

    private static string FishLine(string when, string word, string? description) =>
        $"complete -c omega {when} {word} -d '{(description ?? "").Replace("'", "\\'", StringComparison.Ordinal)}'";

    /// <summary>Deepest commands first, so that the longest path matches.</summary>
    private static IEnumerable<(string Path, Command Command)> Walk(Command command, string path)
    {
        foreach (var sub in Visible(command))
        {
            foreach (var deeper in Walk(sub, path.Length == 0 ? sub.Name : $"{path} {sub.Name}")) yield return deeper;
        }

        yield return (path, command);
    }

    private static IEnumerable<string> Words(RootCommand root, Command command) =>
        Visible(command).Select(c => c.Name)
            .Concat(command.Options.Select(o => o.Name))
            .Concat(root.Options.Where(o => o.Recursive).Select(o => o.Name))
            .Distinct();

    private static IEnumerable<Command> Visible(Command command) => command.Subcommands.Where(c => !c.Hidden);
}
