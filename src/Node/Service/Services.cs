using Omega.P2P.Node.Commands;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Service;

/// <summary>Finds the node a verb works on: the running daemon, else the store itself under its lock.</summary>
internal static class Services
{
    public static INodeService Open(CommandContext context)
    {
        if (RemoteNode.TryConnect(context.Home.Socket) is { } daemon) return daemon;
        context.Home.RequireDomainName();
        return LocalNode.Open(context.Home, context.Config);
    }

    /// <summary>For verbs that make no sense without a running node.</summary>
    public static INodeService OpenDaemon(CommandContext context, string why) =>
        RemoteNode.TryConnect(context.Home.Socket) ?? throw new OmegaException(
            context.Home.DomainName() is null ? ExitCode.NoStore : ExitCode.Unreachable,
            "no_daemon", $"no daemon is running for {context.Home.Root}: {why}")
        {
            Hint = "omega up",
        };
}
