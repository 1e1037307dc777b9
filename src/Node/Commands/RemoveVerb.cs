using System.CommandLine;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega rm ID…`: out of everything live; the history keeps that it was.</summary>
internal static class RemoveVerb
{
    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Artifacts to remove",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Reason = new("--reason")
    {
        Description = "Why; kept in the history of this node",
        HelpName = "TEXT",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb Create() =>
        new Verb("rm", "Remove artifacts and unpublish them; omega gc frees their bytes later",
            "omega rm b3:9af2 --reason 'superseded' --yes",
            "omega ls --all          # still lists it, as removed")
        .With(Ids, Reason, Yes)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var ids = context.Get(Ids);
        var what = ids.Length == 1 ? ids[0] : $"{ids.Length} artifacts";
        Confirmation.Require(context, context.Get(Yes), $"Remove {what}? Its bytes are freed by omega gc run.");
        using var service = Services.Open(context);
        var answer = service.Remove(ids, context.Get(Reason), context.Cancel);
        context.Terminal.Object(answer.Write);
        foreach (var cid in answer.Cids) context.Terminal.Check($"removed {cid}");
        if (answer.Withdrawn > 0)
            context.Terminal.Check(answer.Withdrawn == 1 ? "unpublished it" : $"ended {answer.Withdrawn} publications");
        return ExitCode.Ok;
    }
}
