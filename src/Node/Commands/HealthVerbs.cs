using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Storage;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega where|why ID`, `omega scrub start|pause|resume|status`, `omega reindex`.</summary>
internal static class HealthVerbs
{
    private static readonly Argument<string> Id = new("ID") { Description = "An artifact, live or removed" };

    private static readonly Option<long?> Rate = new("--rate")
    {
        Description = "Most MiB a second",
        HelpName = "MIB",
    };

    public static Verb CreateWhere() =>
        new Verb("where", "Where an artifact's bytes lie, and their tier", "omega where b3:9af2")
            .With(Id).Does(context => Explain(context, isWhy: false));

    public static Verb CreateWhy() =>
        new Verb("why", "What keeps an artifact's bytes, and what would free them", "omega why b3:9af2 --json")
            .With(Id).Does(context => Explain(context, isWhy: true));

    public static Verb CreateScrub() => new Verb("scrub", "Read every block and look for rot").With(
        new Verb("start", "Begin a pass", "omega scrub start --rate 16").With(Rate)
            .Does(context => Scrub(context, "start")),
        new Verb("pause", "Stop where it is").Does(context => Scrub(context, "pause")),
        new Verb("resume", "Go on where it was paused").Does(context => Scrub(context, "resume")),
        new Verb("status", "How far it is, and what wants repair").Does(context => Scrub(context, "status")));

    public static Verb CreateReindex() =>
        new Verb("reindex", "Throw away every view and make it again from log and blocks", "omega reindex")
            .Does(Reindex);

    private static ExitCode Explain(CommandContext context, bool isWhy)
    {
        using var service = Services.Open(context);
        foreach (var answer in service.Why(context.Get(Id), context.Cancel)) Show(context.Terminal, answer, isWhy);
        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, WhyAnswer answer, bool isWhy)
    {
        terminal.Object(answer.Write);
        if (terminal.Json) return;
        terminal.Line(answer.Cid);
        if (isWhy)
        {
            foreach (var keeper in answer.Keepers) terminal.Say($"  kept: {Table.Printable(keeper)}");
            if (!answer.Kept) terminal.Say("  kept by nothing");
            terminal.Say($"  freed by: {answer.Frees}");
        }

        var table = new Table("place", "bytes", "tier", "restore");
        foreach (var at in answer.Locations)
            table.Add(at.Place, Figures.Bytes(at.Bytes), at.Tier, at.RestoreStatus);
        terminal.Lines(table.Lines());
    }

    private static ExitCode Scrub(CommandContext context, string action)
    {
        using var service = Services.Open(context);
        if (action == "start") context.Terminal.Progress("scrubbing");
        var rate = context.Has(Rate) ? context.Get(Rate) * 1024 * 1024 : null;
        if (rate <= 0) throw OmegaException.Usage("a rate is above zero", "--rate");
        var scrub = service.Scrub(action, rate, context.Cancel);
        context.Terminal.Object(scrub.Write);
        context.Terminal.Say($"scrub   {scrub.State}, {Figures.Bytes(scrub.Done)} of {Figures.Bytes(scrub.Total)}, " +
            $"{scrub.Passes} passes so far" + (scrub.Ended is { } ended ? $", the last ended {ended}" : ""));
        foreach (var repair in scrub.Repairs) context.Terminal.Say($"repair  {repair}");
        return ExitCode.Ok;
    }

    private static ExitCode Reindex(CommandContext context)
    {
        if (RemoteNode.TryConnect(context.Home.Socket) is { } daemon)
        {
            daemon.Dispose();
            throw new OmegaException(ExitCode.Locked, "locked", "a daemon has the store open")
            {
                Hint = "stop it, then omega reindex",
            };
        }

        var name = context.Home.RequireDomainName();
        context.Terminal.Progress("making every view again");
        DomainStore.DropViews(new DiskFileSystem(context.Home.Domain(name)));
        using var service = Services.Open(context);
        var status = service.Status(context.Cancel);
        context.Terminal.Object(w =>
        {
            w.WriteString("current", status.Current);
            w.WriteNumber("artifacts", status.Artifacts);
        });
        context.Terminal.Check($"{status.Artifacts} artifacts; current {status.Current}");
        return ExitCode.Ok;
    }
}
