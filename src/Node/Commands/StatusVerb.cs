using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega status`.</summary>
internal static class StatusVerb
{
    public static Verb Create() => new Verb("status", "Show how the node stands", "omega status", "omega status --json")
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        using var service = Services.Open(context);
        var status = service.Status(context.Cancel);
        context.Terminal.Object(status.Write);
        if (!context.Terminal.Json) context.Terminal.Lines(Lines(context.Terminal, status));
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Lines(Terminal terminal, StatusAnswer status)
    {
        yield return $"domain     {terminal.Bold(status.Domain)}  {status.DomainId}";
        yield return $"peer       {status.Peer}";
        yield return $"state      {status.State}";
        yield return status.Head is { } head
            ? $"head       epoch {head.Epoch}, size {head.Size}, root {head.Root}"
            : "head       none yet: nothing was published";
        yield return $"current    {status.Current}";
        yield return $"artifacts  {status.Artifacts} ({Figures.Bytes(status.BlockBytes)} in blocks, " +
            $"{Figures.Bytes(status.LogBytes)} in the log)";
        yield return $"branes     {(status.Branes.Count == 0 ? "none" : string.Join(", ", status.Branes))}";
        yield return $"peers      {status.PeersConnected} of {status.Peers} connected";
        foreach (var followed in status.Followed)
        {
            var at = followed.Head is { } h ? $"epoch {h.Epoch}, size {h.Size}" : "no head yet";
            yield return $"follows    {Table.Printable(followed.Name)}  {followed.DomainId}  {followed.State}, {at}, " +
                $"{followed.Artifacts} artifacts";
        }

        if (!status.Daemon) yield return "daemon     not running (omega up)";
        foreach (var address in status.Listen) yield return $"listen     {address}";
    }
}
