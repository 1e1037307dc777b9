using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Node.Time;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega ls`, and its seed spelling `omega storage artifacts` with the columns `cid kind size age`.</summary>
internal static class ListVerb
{
    private const int DigitsMin = 8;

    private static readonly Option<string> Domain = new("--domain")
    {
        Description = "A followed domain, by name or id (default: this one)",
        HelpName = "NAME",
    };

    private static readonly Option<string> Brane = new("--brane")
    {
        Description = "Only of this brane",
        HelpName = "NAME",
    };

    private static readonly Option<string> Kind = new("--kind")
    {
        Description = "Only of this type tag",
        HelpName = "TAG",
    };

    private static readonly Option<bool> All = new("--all")
    {
        Description = "Also artifacts that were removed and are in history only",
    };

    private static readonly Option<long?> AsOf = new("--as-of")
    {
        Description = "As it was when this snapshot was taken (omega snapshot ls)",
        HelpName = "N",
    };

    public static Verb Create() =>
        new Verb("ls", "List artifacts",
            "omega ls",
            "omega ls --domain alice.personal --kind snapshot.vm",
            "omega ls --as-of 12",
            "omega ls --json")
            .With(Domain, Brane, Kind, All, AsOf)
            .Does(context => Run(context, Wide));

    /// <summary>`omega storage artifacts|get`.</summary>
    public static Verb CreateStorage() =>
        new Verb("storage", "Artifacts, in the seed's spelling: artifacts, get").With(
            new Verb("artifacts", "List artifacts", "omega storage artifacts --brane replay --kind snapshot.vm")
                .With(Domain, Brane, Kind, All, AsOf)
                .Does(context => Run(context, Narrow)),
            GetVerb.Create());

    private static ExitCode Run(CommandContext context, Func<IReadOnlyList<ArtifactAnswer>, Table> tabulate)
    {
        using var service = Services.Open(context);
        var order = new ListOrder(context.Get(Domain), context.Get(Brane), context.Get(Kind), context.Get(All))
        {
            AsOf = context.Get(AsOf),
        };
        var artifacts = service.List(order, context.Cancel);
        if (context.Terminal.Json) context.Terminal.Lines(artifacts.Select(a => a.Line()));
        else if (artifacts.Count == 0) context.Terminal.Notice("no artifacts");
        else context.Terminal.Lines(tabulate(artifacts).Lines());
        return ExitCode.Ok;
    }

    private static Table Wide(IReadOnlyList<ArtifactAnswer> artifacts)
    {
        var table = new Table("cid", "kind", "brane", "size", "age", "visibility", "state");
        var now = SystemClock.Now().UnixMs;
        foreach (var (a, cid) in artifacts.Zip(Short(artifacts)))
        {
            table.Add(cid, a.Kind, a.Brane, Figures.Bytes(a.Size), Figures.Age(a.CreatedUnixMs, now), a.Visibility,
                a.RemovedUnixMs is null ? a.State : "removed");
        }

        return table;
    }

    private static Table Narrow(IReadOnlyList<ArtifactAnswer> artifacts)
    {
        var table = new Table("cid", "kind", "size", "age");
        var now = SystemClock.Now().UnixMs;
        foreach (var (a, cid) in artifacts.Zip(Short(artifacts)))
            table.Add(cid, a.Kind, Figures.Bytes(a.Size), Figures.Age(a.CreatedUnixMs, now));
        return table;
    }

    /// <summary>Ids cut to as many digits as tell the listed ones apart, and at least eight.</summary>
    internal static IEnumerable<string> Short(IReadOnlyList<ArtifactAnswer> artifacts)
    {
        var sorted = artifacts.Select(a => a.Cid).Distinct().Order(StringComparer.Ordinal).ToList();
        var common = 0;
        for (var i = 1; i < sorted.Count; i++)
            common = Math.Max(common, sorted[i].AsSpan().CommonPrefixLength(sorted[i - 1]));
        var length = Math.Max(common + 1, "b3:".Length + DigitsMin);
        return artifacts.Select(a => a.Cid[..Math.Min(length, a.Cid.Length)]);
    }
}
