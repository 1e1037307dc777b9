using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega publish` and `omega unpublish`.</summary>
internal static class PublishVerbs
{
    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Artifacts of this domain",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> To = new("--audience")
    {
        Description = "A named audience (default: every trusted peer)",
        HelpName = "NAME",
    };

    private static readonly Option<string> Of = new("--audience")
    {
        Description = "Only from this audience (default: from all)",
        HelpName = "NAME",
    };

    private static readonly Option<bool> Public = new("--public") { Description = "To everyone" };

    public static Verb CreatePublish() =>
        new Verb("publish", "Show artifacts to an audience, under a signed head",
            "omega publish b3:9af2",
            "omega publish b3:9af2 --audience family")
        .With(Ids, To, Public)
        .Does(Publish);

    public static Verb CreateUnpublish() =>
        new Verb("unpublish", "Show artifacts no longer; that they were shown stays in history",
            "omega unpublish b3:9af2",
            "omega unpublish b3:9af2 --audience family")
        .With(Ids, Of)
        .Does(Unpublish);

    private static ExitCode Publish(CommandContext context)
    {
        var named = context.Get(To);
        if (named is not null && context.Get(Public))
            throw OmegaException.Usage("--audience and --public are two audiences: choose one", "--public");
        var audience = named ?? (context.Get(Public) ? PutOrder.PublicAudience : PutOrder.PeersAudience);
        using var service = Services.Open(context);
        Show(context, service.Publish(context.Get(Ids), audience, context.Cancel), "published to");
        return ExitCode.Ok;
    }

    private static ExitCode Unpublish(CommandContext context)
    {
        using var service = Services.Open(context);
        Show(context, service.Unpublish(context.Get(Ids), context.Get(Of), context.Cancel), "no longer published to");
        return ExitCode.Ok;
    }

    private static void Show(CommandContext context, PublishAnswer answer, string what)
    {
        context.Terminal.Object(answer.Write);
        foreach (var cid in answer.Cids)
            context.Terminal.Check($"{cid} is {what} {string.Join(", ", answer.Audiences)}");
    }
}
