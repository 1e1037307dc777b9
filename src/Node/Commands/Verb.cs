using System.CommandLine;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>A command with what it does and with examples, which stand at the end of its help.</summary>
internal sealed class Verb : Command
{
    public Verb(string name, string description, params string[] examples) : base(name, description) =>
        Examples = examples;

    /// <summary>Whole command lines.</summary>
    public IReadOnlyList<string> Examples { get; }

    public Func<CommandContext, ExitCode>? Body { get; private set; }

    public Verb Does(Func<CommandContext, ExitCode> action)
    {
        Body = action;
        return this;
    }

    public Verb With(params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) Arguments.Add(argument);
            else if (symbol is Option option) Options.Add(option);
            else Subcommands.Add((Command)symbol);
        }

        return this;
    }
}
