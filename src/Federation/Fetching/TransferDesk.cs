using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.Links;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Transfers under way, each for one command.</summary>
internal sealed class TransferDesk(TransferServices services, FollowBook follows)
{
    private readonly SortedDictionary<long, Transfer> _open = [];
    private readonly HashSet<CommandId> _beginning = [];

    /// <summary>Those under way, oldest first.</summary>
    public IReadOnlyList<TransferView> Views() => [.. _open.Values.Select(transfer => transfer.View())];

    public void OnFetch(CommandId command, MeshCommand.Fetch fetch)
    {
        var entries = new List<ImportedEntry>(fetch.Keys.Count);
        foreach (var key in fetch.Keys)
        {
            if (follows.FindEntry(fetch.Domain, key) is not { } entry)
            {
                services.Outbox.Complete(command, new CommandResult.Failed(
                    MeshError.NotFound, "no such artifact in that domain's published set"));
                return;
            }
            entries.Add(new ImportedEntry(entry.Bytes, entry.Audience));
        }
        Begin(command, new StoreQuery.BeginImport(fetch.Domain, entries));
    }

    public void OnRehydrate(CommandId command, MeshCommand.Rehydrate rehydrate) =>
        Begin(command, new StoreQuery.BeginRebuild(rehydrate.Key));

    public void OnLinkUp(Link link)
    {
        foreach (var transfer in _open.Values.ToList())
            transfer.OnLinkUp(link);
    }

    public bool Cancel(CommandId command)
    {
        if (_open.TryGetValue(command.Value, out var transfer))
            transfer.Cancel();
        else if (!_beginning.Remove(command))
            return false;
        return true;
    }

    private void Begin(CommandId command, StoreQuery query)
    {
        if (_beginning.Count + _open.Count >= services.Limits.Commands)
        {
            services.Outbox.Complete(command, new CommandResult.Failed(MeshError.Busy, "too many transfers under way"));
            return;
        }
        _beginning.Add(command);
        services.Outbox.Ask(query, answer => OnBegun(command, answer));
    }

    private void OnBegun(CommandId command, StoreAnswer answer)
    {
        var isWanted = _beginning.Remove(command);
        if (answer is not StoreAnswer.TransferBegun begun)
        {
            services.Outbox.Complete(command, answer switch
            {
                StoreAnswer.Nothing or StoreAnswer.Failed { Fault: StoreFault.NotFound } =>
                    new CommandResult.Failed(MeshError.NotFound, "no such artifact here"),
                StoreAnswer.Failed { Fault: StoreFault.NoRoom } full =>
                    new CommandResult.Failed(MeshError.NoRoom, full.Message),
                StoreAnswer.Failed failed => new CommandResult.Failed(MeshError.StoreFailed, failed.Message),
                _ => new CommandResult.Failed(MeshError.StoreFailed, "the store did not begin the transfer"),
            });
            return;
        }
        var transfer = new Transfer(services, command, begun, OnEnd);
        _open.Add(command.Value, transfer);
        if (isWanted)
            transfer.Start();
        else
            transfer.Cancel();
    }

    private void OnEnd(Transfer transfer, CommandResult result)
    {
        _open.Remove(transfer.Command.Value);
        services.Outbox.Complete(transfer.Command, result);
    }
}
