using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega snapshot ls|show|diff`.</summary>
internal static class SnapshotVerbs
{
    private const int DigitsShown = 12;

    private static readonly Argument<long> Number = new("N") { Description = "The snapshot's number" };

    private static readonly Argument<long> From = new("FROM") { Description = "The snapshot to compare" };

    private static readonly Argument<long> To = new("TO") { Description = "The snapshot to compare it with" };

    public static Verb Create() => new Verb("snapshot", "What was signed, and when: ls, show, diff").With(
        new Verb("ls", "List the snapshots that heads were signed over", "omega snapshot ls").Does(List),
        new Verb("show", "One snapshot and the roots it commits to",
            "omega snapshot show 12",
            "omega ls --as-of 12      # what was there").With(Number).Does(Show),
        new Verb("diff", "What came, went, was published or unpublished between two snapshots",
            "omega snapshot diff 11 12").With(From, To).Does(Diff));

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.Open(context);
        var snapshots = service.Snapshots(null, context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(snapshots.Select(s => s.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("snapshot", "time", "epoch", "leaves", "root", "audiences");
        foreach (var s in snapshots)
        {
            table.Add($"{s.Number}", s.Time, $"{s.Epoch}", $"{s.Size}", s.Root[..DigitsShown],
                string.Join(' ', s.Published.Select(p => p.Audience)));
        }

        if (snapshots.Count == 0) context.Terminal.Notice("no snapshots: nothing was published yet");
        else context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Show(CommandContext context)
    {
        using var service = Services.Open(context);
        var snapshot = service.Snapshots(context.Get(Number), context.Cancel)[0];
        context.Terminal.Object(snapshot.Write);
        if (context.Terminal.Json) return ExitCode.Ok;
        List<string> lines =
        [
            $"snapshot  {snapshot.Number}, {snapshot.Time}",
            $"log       epoch {snapshot.Epoch}, {snapshot.Size} {(snapshot.Size == 1 ? "leaf" : "leaves")}",
            $"root      {snapshot.Root}",
            $"current   {snapshot.Current}",
            $"manifest  {snapshot.Dam}",
        ];
        lines.AddRange(snapshot.Published.Select(p => $"published {p.Root} to {p.Audience}"));
        context.Terminal.Lines(lines);
        return ExitCode.Ok;
    }

    private static ExitCode Diff(CommandContext context)
    {
        using var service = Services.Open(context);
        var changes = service.Compare(context.Get(From), context.Get(To), context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(changes.Select(c => c.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("change", "cid", "kind", "size", "audience");
        foreach (var c in changes)
            table.Add(c.Change, c.Cid[..("b3:".Length + DigitsShown)], c.Kind, Figures.Bytes(c.Size), c.Audience ?? "");
        if (changes.Count == 0) context.Terminal.Notice("no difference");
        else context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }
}
