using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega retention set|ls|rm`.</summary>
internal static class RetentionVerbs
{
    private static readonly Option<string> Brane = new("--brane")
    {
        Description = "Only of this brane (default: any)",
        HelpName = "NAME",
    };

    private static readonly Option<string> Kind = new("--kind")
    {
        Description = "Only of this type tag (default: any)",
        HelpName = "TAG",
    };

    private static readonly Option<long?> KeepLast = new("--keep-last")
    {
        Description = "The newest so many of each brane and kind stay",
        HelpName = "N",
    };

    private static readonly Option<string> KeepFor = new("--keep-for")
    {
        Description = "Those younger than this stay: 12h, 30d, 52w",
        HelpName = "TIME",
    };

    private static readonly Option<string> ColdAfter = new("--cold-after")
    {
        Description = "Bytes older than this may leave for a colder place",
        HelpName = "TIME",
    };

    public static Verb Create() =>
        new Verb("retention", "How long artifacts are kept; omega gc run carries it out").With(
            new Verb("set", "Set the rule of a brane and kind",
                    "omega retention set --kind trace.span --keep-for 30d --cold-after 7d",
                    "omega retention set --brane replay --keep-last 10")
                .With(Brane, Kind, KeepLast, KeepFor, ColdAfter).Does(Set),
            new Verb("ls", "List rules; of two that fit the first counts").Does(List),
            new Verb("rm", "End the rule of a brane and kind", "omega retention rm --kind trace.span")
                .With(Brane, Kind).Does(End));

    private static ExitCode Set(CommandContext context)
    {
        var rule = new RuleAnswer(
            context.Get(Brane), context.Get(Kind), context.Get(KeepLast), Period(context, KeepFor),
            Period(context, ColdAfter));
        if (rule is { KeepLast: null, KeepForMs: null, ColdAfterMs: null })
            throw OmegaException.Usage("the rule says nothing", "--keep-for",
                "give --keep-last, --keep-for or --cold-after");
        if (rule.KeepLast < 0) throw OmegaException.Usage("a count cannot be negative", "--keep-last");
        return Show(context, rule);
    }

    private static ExitCode End(CommandContext context) =>
        Show(context, new RuleAnswer(context.Get(Brane), context.Get(Kind), null, null, null));

    private static ExitCode Show(CommandContext context, RuleAnswer rule)
    {
        using var service = Services.Open(context);
        return Show(context.Terminal, service.SetRule(rule, context.Cancel));
    }

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.Open(context);
        return Show(context.Terminal, service.Rules(context.Cancel));
    }

    private static ExitCode Show(Terminal terminal, IReadOnlyList<RuleAnswer> rules)
    {
        if (terminal.Json)
        {
            terminal.Lines(rules.Select(rule => rule.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("brane", "kind", "keep-last", "keep-for", "cold-after");
        foreach (var rule in rules)
        {
            table.Add(rule.Brane ?? "*", rule.Kind ?? "*", rule.KeepLast?.ToString() ?? "-",
                Periods.Show(rule.KeepForMs), Periods.Show(rule.ColdAfterMs));
        }

        if (table.Count == 0) terminal.Notice("no rules: everything is kept");
        terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static long? Period(CommandContext context, Option<string> option) =>
        context.Get(option) is { } text ? Periods.Parse(text, option.Name) : null;
}
