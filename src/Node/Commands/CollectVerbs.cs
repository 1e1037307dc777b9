using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega gc plan|run` and `omega repack`.</summary>
internal static class CollectVerbs
{
    private static readonly Option<string> Grace = new("--grace")
    {
        Description = "Instead of 1h of running time between mark and sweep; 0s sweeps at once",
        HelpName = "TIME",
    };

    private static readonly Option<bool> TrustClock = new("--trust-clock")
    {
        Description = "The clock is right although it looks wrong",
    };

    private static readonly Option<bool> Explain = new("--explain")
    {
        Description = "For every block the rule that keeps or frees it",
    };

    private static readonly Option<long> Fill = new("--fill")
    {
        Description = "Merge blocks filled less than this many percent",
        HelpName = "PERCENT",
        DefaultValueFactory = _ => 50,
    };

    public static Verb Create() => new Verb("gc", "Free the bytes of what was removed: plan, run").With(
        new Verb("plan", "What a run would do now; changes nothing",
            "omega gc plan", "omega gc plan --explain --json").With(Grace, TrustClock, Explain).Does(Plan),
        new Verb("run", "Carry out retention, mark what nothing keeps, free what was marked a grace period ago",
            "omega gc run", "omega gc run --grace 0s").With(Grace, TrustClock).Does(Run));

    public static Verb CreateRepack() =>
        new Verb("repack", "Merge under-filled blocks; artifacts stay what they are", "omega repack --fill 80")
            .With(Fill).Does(Repack);

    private static ExitCode Plan(CommandContext context)
    {
        using var service = Services.Open(context);
        var terminal = context.Terminal;
        if (context.Get(Explain))
        {
            var blocks = service.ExplainCollection(OrderOf(context), context.Cancel);
            terminal.Lines(blocks.Select(block => terminal.Json ? block.Line() : Line(block)));
            return ExitCode.Ok;
        }

        var plan = service.PlanCollection(OrderOf(context), context.Cancel);
        terminal.Object(plan.Write);
        if (plan.Doubt is { } doubt) terminal.Say($"nothing would be deleted: {doubt}");
        terminal.Say($"expiring  {plan.Expiring} artifacts");
        terminal.Say($"dead      {plan.DeadObjects} objects, {Figures.Bytes(plan.DeadBytes)}");
        terminal.Say($"grace     {Figures.Bytes(plan.GraceBytes)} wait" +
            (plan.GraceLeftMs > 0 ? $", {Periods.Show(plan.GraceLeftMs)} of running time left" : ""));
        terminal.Say($"now       {plan.Drop} blocks go, {plan.Rewrite} are rewritten " +
            $"({Figures.Bytes(plan.MoveBytes)} move), {Figures.Bytes(plan.FreeBytes)} free");
        return ExitCode.Ok;
    }

    private static ExitCode Run(CommandContext context)
    {
        using var service = Services.Open(context);
        context.Terminal.Progress("collecting");
        var done = service.Collect(OrderOf(context), context.Cancel);
        context.Terminal.Object(done.Write);
        if (done.Removed > 0) context.Terminal.Check($"removed {done.Removed} artifacts whose retention ended");
        context.Terminal.Check($"freed {Figures.Bytes(done.BytesFreed)} in {done.BlocksDropped} blocks" +
            (done.BytesMoved > 0 ? $", moved {Figures.Bytes(done.BytesMoved)}" : ""));
        if (done.GraceBytes > 0)
            context.Terminal.Check($"{Figures.Bytes(done.GraceBytes)} wait for their grace period");
        return ExitCode.Ok;
    }

    private static ExitCode Repack(CommandContext context)
    {
        var fill = context.Get(Fill);
        if (fill is < 1 or > 100) throw OmegaException.Usage("a share is 1 to 100", "--fill");
        using var service = Services.Open(context);
        context.Terminal.Progress("repacking");
        var done = service.Repack(fill / 100.0, context.Cancel);
        context.Terminal.Object(done.Write);
        context.Terminal.Check(
            $"{done.Fewer} blocks fewer: {done.Blocks} with {Figures.Bytes(done.BlockBytes)}");
        return ExitCode.Ok;
    }

    private static string Line(BlockAnswer block) =>
        $"{block.Block[..16]}  {block.Rule,-10}  {Figures.Bytes(block.Bytes),10}" +
        (block.Dead > 0 ? $"  {block.Dead} of {block.Objects} dead, {Figures.Bytes(block.DeadBytes)}" : "") +
        (block.For is { } key ? $"  for {key[..16]}" : "") + (block.Here ? "" : "  (bytes away)");

    private static CollectOrder OrderOf(CommandContext context) => new(
        context.Get(Grace) is { } text ? Periods.Parse(text, "--grace") : null, context.Get(TrustClock));
}
