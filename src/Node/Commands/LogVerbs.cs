using System.CommandLine;
using System.Text;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega log show|prove|verify`.</summary>
internal static class LogVerbs
{
    private const int DigitsShown = 16;

    private static readonly Argument<string> Id = new("ID") { Description = "A published artifact of this domain" };

    private static readonly Option<string> Audience = new("--audience")
    {
        Description = "Prove that it is published to this audience (default: the widest)",
        HelpName = "NAME",
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "File to write (default: stdout)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Replace a file that is there" };

    private static readonly Option<long?> Epoch = new("--epoch")
    {
        Description = "Which public log (default: the newest)",
        HelpName = "E",
    };

    private static readonly Option<long?> From = new("--from")
    {
        Description = "First leaf (default: the last leaves)",
        HelpName = "INDEX",
    };

    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "Most leaves to show",
        HelpName = "N",
        DefaultValueFactory = _ => LeavesOrder.LimitDefault,
    };

    public static Verb Create() => new Verb("log", "The public log: show, prove, verify").With(
        new Verb("show", "Leaves of the public log, as far as they can be read", "omega log show --from 0")
            .With(Epoch, From, Limit).Does(Show),
        new Verb("prove", "Write a file that proves a publication to whoever has it (C2SP tlog-proof)",
            "omega log prove b3:9af2 -o snap.tlog-proof").With(Id, Audience, Output, Force).Does(Prove),
        LogVerifyVerb.Create());

    private static ExitCode Show(CommandContext context)
    {
        using var service = Services.Open(context);
        var order = new LeavesOrder(context.Get(Epoch), context.Get(From), context.Get(Limit));
        var leaves = service.Leaves(order, context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(leaves.Select(l => l.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("leaf", "commitment", "kind", "audience", "subject");
        foreach (var l in leaves)
            table.Add($"{l.Index}", l.Commitment[..DigitsShown], l.Kind, l.Audience ?? "", l.Subject ?? "");
        if (leaves.Count == 0) context.Terminal.Notice("no leaves");
        else context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Prove(CommandContext context)
    {
        var path = context.Get(Output) ?? "-";
        using var output = context.Terminal.Json && path == "-" ? null : OutputFile.Create(path, context.Get(Force));
        using var service = Services.Open(context);
        var answer = service.Prove(context.Get(Id), context.Get(Audience), context.Cancel);
        if (output is not null)
        {
            output.Stream.Write(Encoding.UTF8.GetBytes(answer.Proof));
            output.Commit();
        }

        if (context.Terminal.Json)
        {
            if (path != "-" || output is null) context.Terminal.Object(answer.Write);
            return ExitCode.Ok;
        }

        if (path == "-") return ExitCode.Ok;
        context.Terminal.Check($"{answer.Cid} is leaf {answer.Index} of epoch {answer.Epoch}, for {answer.Audience}");
        context.Terminal.Check($"wrote {path}; check it with omega log verify {path} --domain {answer.DomainId}");
        if (!answer.Manifests)
            context.Terminal.Notice("the manifests do not fit into the file: its reader needs --key");
        return ExitCode.Ok;
    }
}
