using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>
/// The command line: parses, runs one verb, and turns whatever goes wrong into a report and an exit code.
/// </summary>
internal static class Cli
{
    public static int Run(string[] arguments)
    {
        var globals = new GlobalOptions();
        var root = Root(globals);
        var parsed = root.Parse(arguments);
        using var terminal = Terminal.OfProcess(
            json: parsed.GetValue(globals.Json),
            quiet: parsed.GetValue(globals.Quiet),
            progress: !parsed.GetValue(globals.NoProgress));
        using var interruption = new Interruption();
        try
        {
            if (parsed.Action is HelpAction or ExamplesAction) return parsed.Invoke();
            if (parsed.GetResult("--version") is OptionResult { Implicit: false }) return VersionVerb.Show(terminal);
            if (parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens.Count == 0)
                return root.Parse("--help").Invoke();
            RefuseUnknown(parsed);
            if (parsed.Errors.Count > 0) throw UsageOf(parsed);
            var command = parsed.CommandResult.Command;
            if (command is not Verb { Body: { } action }) throw NeedsVerb(command);
            var context = new CommandContext(parsed, parsed.GetValue(globals.Home), terminal, interruption.Token);
            return (int)action(context);
        }
        catch (Exception e)
        {
            var report = ErrorReport.Of(e);
            terminal.Fail(report);
            if (Environment.GetEnvironmentVariable("OMEGA_TRACE") == "1") Console.Error.WriteLine(e);
            return (int)report.Exit;
        }
    }

    /// <summary>Every verb; also what `completion` walks.</summary>
    public static RootCommand Root(GlobalOptions globals)
    {
        var root = new RootCommand(
            "A signed, content-addressed store of artifacts that shares and keeps them with its peers.");
        globals.AddTo(root);
        foreach (var verb in Verbs.All(root)) root.Subcommands.Add(verb);
        foreach (var option in root.Options)
        {
            if (option is HelpOption help) help.Action = new ExamplesAction((HelpAction)help.Action!);
        }

        return root;
    }

    private static OmegaException NeedsVerb(Command command) => OmegaException.Usage(
        $"'{command.Name}' needs one of: {string.Join(", ", command.Subcommands.Select(c => c.Name))}",
        command.Name, $"{PathOf(command)} --help");

    /// <summary>
    /// The parser takes what it does not know for an argument; a typo in a flag must not become a file name.
    /// </summary>
    private static void RefuseUnknown(ParseResult parsed)
    {
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash) break;
            if (token.Type == TokenType.Argument && token.Value.Length > 1 && token.Value[0] == '-')
                throw OmegaException.Usage($"there is no option {token.Value}", token.Value,
                    $"{PathOf(parsed.CommandResult.Command)} --help");
        }

        if (parsed.UnmatchedTokens.Count == 0) return;
        var command = parsed.CommandResult.Command;
        var word = parsed.UnmatchedTokens[0];
        throw OmegaException.Usage(
            command.Subcommands.Count > 0 ? $"there is no command '{word}'" : $"'{word}' is one argument too many",
            word, $"{PathOf(command)} --help");
    }

    private static OmegaException UsageOf(ParseResult parsed)
    {
        var error = parsed.Errors[0];
        var symbol = error.SymbolResult switch
        {
            OptionResult option => option.Option.Name,
            ArgumentResult argument => argument.Argument.Name,
            _ => null,
        };
        var hint = $"{PathOf(parsed.CommandResult.Command)} --help";
        return OmegaException.Usage(error.Message.TrimEnd('.'), symbol, hint);
    }

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{PathOf(parent)} {command.Name}"
            : "omega";

    /// <summary>The first SIGINT or SIGTERM asks; a second one ends the process at once.</summary>
    private sealed class Interruption : IDisposable
    {
        private readonly CancellationTokenSource _source = new();
        private readonly List<PosixSignalRegistration> _registrations = [];

        public Interruption()
        {
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, On));
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, On));
        }

        public CancellationToken Token => _source.Token;

        public void Dispose()
        {
            foreach (var registration in _registrations) registration.Dispose();
            _source.Dispose();
        }

        private void On(PosixSignalContext context)
        {
            context.Cancel = true;
            if (_source.IsCancellationRequested) Environment.Exit((int)ExitCode.Interrupted);
            _source.Cancel();
        }
    }
}

/// <summary>The usual help, then the verb's examples.</summary>
internal sealed class ExamplesAction(HelpAction usual) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not Verb { Examples.Count: > 0 } verb) return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in verb.Examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return code;
    }
}
