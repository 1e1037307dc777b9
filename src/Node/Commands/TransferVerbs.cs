using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega transfer ls [--watch]`.</summary>
internal static class TransferVerbs
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    private static readonly Option<bool> Watch = new("--watch")
    {
        Description = "Again each second, until interrupted",
    };

    public static Verb Create() => new Verb("transfer", "What is being brought here: ls").With(
        new Verb("ls", "Transfers under way: by which peer, path and address, how fast, and what limits each",
            "omega transfer ls",
            "omega transfer ls --watch",
            "omega transfer ls --json").With(Watch).Does(List));

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.OpenDaemon(context, "transfers are its own");
        Show(context.Terminal, service.Transfers(context.Cancel));
        while (context.Get(Watch))
        {
            if (context.Cancel.WaitHandle.WaitOne(WatchEvery)) return ExitCode.Interrupted;
            Show(context.Terminal, service.Transfers(context.Cancel));
        }

        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, IReadOnlyList<TransferAnswer> transfers)
    {
        if (terminal.Json)
        {
            terminal.Lines(transfers.Select(t => t.Line()));
            return;
        }

        if (transfers.Count == 0) terminal.Notice("nothing is being brought here");
        foreach (var transfer in transfers) terminal.Lines(Lines(transfer));
    }

    internal static IEnumerable<string> Lines(TransferAnswer transfer)
    {
        yield return $"{transfer.Cid} of {Table.Printable(transfer.Domain)}: {Figures.Bytes(transfer.Bytes)} of "
            + $"{Figures.Bytes(transfer.BytesWanted)}, {(long)transfer.Seconds}s";
        var table = new Table("  peer", "state", "brought", "rate", "limited by", "path", "address");
        foreach (var holder in transfer.Holders)
        {
            table.Add($"  {holder.Name}", holder.State, Figures.Bytes(holder.Bytes),
                $"{Figures.Bytes(holder.BytesPerSecond)}/s", holder.WaitsFor, holder.Way, holder.Address ?? "-");
        }

        foreach (var line in table.Lines()) yield return line;
    }
}
