using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega audience add|ls|rm`.</summary>
internal static class AudienceVerbs
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The audience" };

    private static readonly Argument<string[]> Peers = new("PEER")
    {
        Description = "Trusted peers, by petname or id",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Argument<string[]> SomePeers = new("PEER")
    {
        Description = "Trusted peers, by petname or id; none: the audience itself",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb Create() => new Verb("audience", "Named audiences among the trusted peers: add, ls, rm").With(
        new Verb("add", "Add an audience, or peers to one",
            "omega audience add family bob.personal carol.personal",
            "omega put photos.tar --audience family").With(Name, Peers).Does(Add),
        new Verb("ls", "List named audiences and their members").Does(List),
        new Verb("rm", "Remove an audience, or peers from one; what they have fetched they keep",
            "omega audience rm family carol.personal --yes").With(Name, SomePeers, Yes).Does(Remove));

    private static ExitCode Add(CommandContext context)
    {
        using var service = Services.Open(context);
        Show(context, service.AddAudience(context.Get(Name), context.Get(Peers), context.Cancel));
        return ExitCode.Ok;
    }

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.Open(context);
        var audiences = service.Audiences(context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(audiences.Select(a => a.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("audience", "peer");
        foreach (var audience in audiences)
        {
            foreach (var peer in audience.Peers) table.Add(audience.Audience, peer);
        }

        if (audiences.Count == 0) context.Terminal.Notice("no named audiences");
        else context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Remove(CommandContext context)
    {
        var peers = context.Find(SomePeers) ?? [];
        Confirmation.Require(context, context.Get(Yes), peers.Length == 0
            ? $"Remove audience {context.Get(Name)}? What is published to it is seen by nobody then."
            : $"Remove {Figures.Count(peers.Length, "peer")} from {context.Get(Name)}?");
        using var service = Services.Open(context);
        Show(context, service.RemoveAudience(context.Get(Name), peers, context.Cancel));
        return ExitCode.Ok;
    }

    private static void Show(CommandContext context, AudienceAnswer answer)
    {
        context.Terminal.Object(answer.Write);
        context.Terminal.Check(answer.Peers.Count == 0
            ? $"audience {answer.Audience} is gone"
            : $"audience {answer.Audience}: {Figures.Count(answer.Peers.Count, "peer")}");
    }
}
