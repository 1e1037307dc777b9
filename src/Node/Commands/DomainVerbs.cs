using System.CommandLine;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega domain epoch`.</summary>
internal static class DomainVerbs
{
    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb Create() => new Verb("domain", "The own domain: epoch").With(
        new Verb("epoch", "Open a new epoch, linked to the last head others have seen (after a restored backup)",
            "omega domain epoch --yes").With(Yes).Does(Epoch));

    private static ExitCode Epoch(CommandContext context)
    {
        Confirmation.Require(context, context.Get(Yes),
            "Open a new epoch? What the lost heads held beyond this copy is given up for good.");
        using var service = Services.OpenDaemon(context, "the last head that others hold must be asked for");
        var answer = service.OpenEpoch(context.Cancel);
        context.Terminal.Object(answer.Write);
        context.Terminal.Check($"epoch {answer.Epoch} is open");
        return ExitCode.Ok;
    }
}
