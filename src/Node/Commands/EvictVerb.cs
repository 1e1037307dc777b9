using System.CommandLine;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega evict ID…`: bytes go, history stays.</summary>
internal static class EvictVerb
{
    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Artifacts whose bytes may leave this disk",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Verb Create() =>
        new Verb("evict", "Free artifacts' bytes once peers have proven to hold them",
            "omega evict b3:9af2",
            "omega get b3:9af2        # brings them back")
        .With(Ids)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        using var service = Services.Open(context);
        var answer = service.Evict(context.Get(Ids), context.Cancel);
        context.Terminal.Object(answer.Write);
        foreach (var cid in answer.Cids) context.Terminal.Check($"evicted {cid}");
        var blocks = answer.BlocksFreed == 1 ? "1 block" : $"{answer.BlocksFreed} blocks";
        context.Terminal.Check($"freed {Figures.Bytes(answer.BytesFreed)} in {blocks}; the history keeps all of it");
        return ExitCode.Ok;
    }
}
