using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega pin add|rm|ls` and `omega hold add|rm|ls`.</summary>
internal static class KeepVerbs
{
    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Artifacts, also removed ones whose bytes are here yet",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> PinName = new("--name")
    {
        Description = "Who pins; an artifact may have several pins",
        HelpName = "NAME",
        DefaultValueFactory = _ => KeepOrder.DefaultName,
    };

    private static readonly Option<string> Case = new("--name")
    {
        Description = "The case; an artifact may be held for several",
        HelpName = "CASE",
        Required = true,
    };

    private static readonly Option<string> Reason = new("--reason") { Description = "Why", HelpName = "TEXT" };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb CreatePin() => new Verb("pin", "Pins: bytes that nothing frees before they end").With(
        new Verb("add", "Pin artifacts", "omega pin add b3:9af2 --name release-1.4")
            .With(Ids, PinName).Does(context => Add(context, PinName, null, isHold: false)),
        new Verb("rm", "End pins", "omega pin rm b3:9af2 --name release-1.4")
            .With(Ids, PinName).Does(context => End(context, PinName, isHold: false)),
        new Verb("ls", "List pins").Does(context => List(context, isHold: false)));

    public static Verb CreateHold() =>
        new Verb("hold", "Legal holds: win over rm, retention, evict and gc until released").With(
            new Verb("add", "Hold artifacts", "omega hold add b3:9af2 --name case-17 --reason 'order of 3 May'")
                .With(Ids, Case, Reason).Does(context => Add(context, Case, Reason, isHold: true)),
            new Verb("rm", "Release holds", "omega hold rm b3:9af2 --name case-17 --yes")
                .With(Ids, Case, Yes).Does(Release),
            new Verb("ls", "List holds").Does(context => List(context, isHold: true)));

    private static ExitCode Add(CommandContext context, Option<string> name, Option<string>? reason, bool isHold)
    {
        using var service = Services.Open(context);
        var order = new KeepOrder(context.Get(Ids), context.Get(name)!, reason is null ? null : context.Get(reason));
        Show(context.Terminal, service.Keep(order, isHold, context.Cancel), isHold ? "holds" : "pinned");
        return ExitCode.Ok;
    }

    private static ExitCode Release(CommandContext context)
    {
        var ids = string.Join(' ', context.Get(Ids));
        Confirmation.Require(context, context.Get(Yes), $"Release {ids} from legal hold?");
        return End(context, Case, isHold: true);
    }

    private static ExitCode End(CommandContext context, Option<string> name, bool isHold)
    {
        using var service = Services.Open(context);
        var order = new KeepOrder(context.Get(Ids), context.Get(name)!, null);
        Show(context.Terminal, service.Release(order, isHold, context.Cancel), isHold ? "released" : "unpinned");
        return ExitCode.Ok;
    }

    private static ExitCode List(CommandContext context, bool isHold)
    {
        using var service = Services.Open(context);
        var all = service.Kept(isHold, context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(all.Select(kept => kept.Line()));
            return ExitCode.Ok;
        }

        var table = isHold ? new Table("cid", "case", "since", "reason") : new Table("cid", "name", "since");
        foreach (var kept in all)
        {
            if (isHold) table.Add(kept.Cid, kept.Name, kept.Since, kept.Reason ?? "");
            else table.Add(kept.Cid, kept.Name, kept.Since);
        }

        if (table.Count == 0) context.Terminal.Notice(isHold ? "no holds" : "no pins");
        context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, IReadOnlyList<KeepAnswer> kept, string done)
    {
        if (terminal.Json) terminal.Lines(kept.Select(one => one.Line()));
        foreach (var one in kept) terminal.Check($"{done} {one.Cid} ({Table.Printable(one.Name)})");
    }
}
