using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Commands;

/// <summary>Asks before what cannot be undone; where nobody can answer, `--yes` is needed.</summary>
internal static class Confirmation
{
    public static void Require(CommandContext context, bool yes, string question)
    {
        if (yes) return;
        if (Console.IsInputRedirected || context.Terminal.Json)
            throw OmegaException.Usage("this needs a yes, and there is nobody to ask", "--yes", "add --yes");
        Console.Error.Write($"{question} [y/N] ");
        if (Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes") return;
        throw new OmegaException(ExitCode.Refused, "declined", "nothing was done");
    }
}
