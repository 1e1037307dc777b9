using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega verify`: reads everything and checks it against its names, roots and signatures.</summary>
internal static class VerifyVerb
{
    private static readonly Option<bool> Fast = new("--quick")
    {
        Description = "Log, history and signatures only; no block bytes",
    };

    public static Verb Create() =>
        new Verb("verify", "Check blocks, log, history and signatures", "omega verify", "omega verify --quick --json")
            .With(Fast)
            .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        using var service = Services.Open(context);
        context.Terminal.Progress("verifying");
        var answer = service.Verify(deep: !context.Get(Fast), context.Cancel);
        context.Terminal.Object(answer.Write);
        foreach (var finding in answer.Findings) Show(context.Terminal, finding);
        if (answer.Findings.Count == 0)
        {
            context.Terminal.Check($"verified {answer.Blocks} blocks ({Figures.Bytes(answer.Bytes)}), " +
                $"{answer.Records} log records and every head");
            return ExitCode.Ok;
        }

        throw new OmegaException(ExitCode.VerificationFailed, "damaged",
            answer.Findings.Count == 1 ? "1 thing is damaged" : $"{answer.Findings.Count} things are damaged")
        {
            Hint = "omega get ID brings an artifact's bytes back from a peer that has them",
        };
    }

    private static void Show(Terminal terminal, FindingAnswer finding)
    {
        terminal.Say($"  ✗ {finding.What}: {finding.Problem}");
        foreach (var artifact in finding.Artifacts) terminal.Say($"    hits {artifact}");
    }
}
