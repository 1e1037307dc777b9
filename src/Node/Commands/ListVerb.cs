using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Artifacts;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega ls`, and its seed spelling `omega storage artifacts` with the columns `cid kind size age`.</summary>
internal static class ListVerb
{
    private const int DigitsMin = 8;

    /// <summary>Digits of ids in lists of many pages: among ten million, two alike are as good as impossible.</summary>
    private const int DigitsMany = 16;

    private const int PageCount = 4096;

    private static readonly Argument<string?> Package = new("PACKAGE")
    {
        Description = "List the files of this package instead",
        Arity = ArgumentArity.ZeroOrOne,
    };

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

    private static readonly Option<int?> Limit = new("--limit")
    {
        Description = "At most so many, the oldest first",
        HelpName = "N",
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
            "omega ls b3:77aa                      # the files of a package",
            "omega ls --json")
            .With(Package, Domain, Brane, Kind, All, Limit, AsOf)
            .Does(context => context.Find(Package) is { } id ? Inside(context, id) : Run(context, Wide));

    /// <summary>`omega storage artifacts|get`.</summary>
    public static Verb CreateStorage() =>
        new Verb("storage", "Artifacts, in the seed's spelling: artifacts, get").With(
            new Verb("artifacts", "List artifacts", "omega storage artifacts --brane replay --kind snapshot.vm")
                .With(Domain, Brane, Kind, All, Limit, AsOf)
                .Does(context => Run(context, Narrow)),
            GetVerb.Create());

    private static ExitCode Run(CommandContext context, Tabulate tabulate)
    {
        using var service = Services.Open(context);
        var order = new ListOrder(context.Get(Domain), context.Get(Brane), context.Get(Kind), context.Get(All))
        {
            AsOf = context.Get(AsOf),
            Limit = context.Get(Limit),
        };
        if (order.Limit is < 1) throw OmegaException.Usage("--limit is at least 1", "--limit");
        var artifacts = service.List(order, context.Cancel);
        if (context.Terminal.Json) context.Terminal.Lines(artifacts.Select(a => a.Line()));
        else context.Terminal.Lines(InTables(context, artifacts, tabulate));
        return ExitCode.Ok;
    }

    /// <summary>One table where one page is enough; of more, each page is aligned by itself, as it comes.</summary>
    private static IEnumerable<string> InTables(
        CommandContext context, IEnumerable<ArtifactAnswer> artifacts, Tabulate tabulate)
    {
        var isFirst = true;
        foreach (var page in artifacts.Chunk(PageCount))
        {
            var isWhole = isFirst && page.Length < PageCount;
            foreach (var line in tabulate(page, isWhole ? DigitsMin : DigitsMany).Lines().Skip(isFirst ? 0 : 1))
                yield return line;
            isFirst = false;
        }

        if (isFirst) context.Terminal.Notice("no artifacts");
    }

    private static ExitCode Inside(CommandContext context, string id)
    {
        using var service = Services.Open(context);
        var answer = service.Get(new GetOrder(id, context.Get(Domain)), _ => Stream.Null, context.Cancel);
        var manifest = new PackageGet(context, service, answer).Manifest();
        var terminal = context.Terminal;
        if (terminal.Json)
        {
            terminal.Lines([.. manifest.Files.Select(FileLine), .. manifest.Links.Select(LinkLine)]);
            return ExitCode.Ok;
        }

        var table = new Table("mode", "size", "cid", "path");
        foreach (var file in manifest.Files)
            table.Add(Octal(file.Mode), Figures.Bytes(file.Size), file.Content.ToString()[..11], file.Path);
        foreach (var link in manifest.Links) table.Add("link", "", "", $"{link.Path} → {link.Target}");
        terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static string FileLine(PackageFile file) => JsonLine.Write(writer =>
    {
        writer.WriteString("path", file.Path);
        writer.WriteString("mode", Octal(file.Mode));
        writer.WriteNumber("size", file.Size);
        writer.WriteString("cid", file.Content.ToString());
    });

    private static string LinkLine(PackageLink link) => JsonLine.Write(writer =>
    {
        writer.WriteString("path", link.Path);
        writer.WriteString("target", link.Target);
    });

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(3, '0');

    private static Table Wide(IReadOnlyList<ArtifactAnswer> artifacts, int digitsMin)
    {
        var table = new Table("cid", "kind", "brane", "size", "age", "visibility", "state");
        var now = SystemClock.Now().UnixMs;
        foreach (var (a, cid) in artifacts.Zip(Short(artifacts, digitsMin)))
        {
            table.Add(cid, a.Kind, a.Brane, Figures.Bytes(a.Size), Figures.Age(a.CreatedUnixMs, now), a.Visibility,
                a.RemovedUnixMs is null ? a.State : "removed");
        }

        return table;
    }

    private static Table Narrow(IReadOnlyList<ArtifactAnswer> artifacts, int digitsMin)
    {
        var table = new Table("cid", "kind", "size", "age");
        var now = SystemClock.Now().UnixMs;
        foreach (var (a, cid) in artifacts.Zip(Short(artifacts, digitsMin)))
            table.Add(cid, a.Kind, Figures.Bytes(a.Size), Figures.Age(a.CreatedUnixMs, now));
        return table;
    }

    /// <summary>Ids cut to as many digits as tell the listed ones apart, and at least so many.</summary>
    internal static IEnumerable<string> Short(IReadOnlyList<ArtifactAnswer> artifacts, int digitsMin = DigitsMin)
    {
        var sorted = artifacts.Select(a => a.Cid).Distinct().Order(StringComparer.Ordinal).ToList();
        var common = 0;
        for (var i = 1; i < sorted.Count; i++)
            common = Math.Max(common, sorted[i].AsSpan().CommonPrefixLength(sorted[i - 1]));
        var length = Math.Max(common + 1, "b3:".Length + digitsMin);
        return artifacts.Select(a => a.Cid[..Math.Min(length, a.Cid.Length)]);
    }

    private delegate Table Tabulate(IReadOnlyList<ArtifactAnswer> artifacts, int digitsMin);
}
