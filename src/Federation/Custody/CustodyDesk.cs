using Omega.P2P.Federation.Fetching;

namespace Omega.P2P.Federation.Custody;

/// <summary>Proofs of holders under way, each for one command.</summary>
internal sealed class CustodyDesk(TransferServices services, ChallengeBook challenges)
{
    private const int ContentsMax = 1 << 16;
    private readonly SortedDictionary<long, HolderProof> _open = [];

    public void OnCommand(CommandId command, MeshCommand.ProveHolders prove)
    {
        if (prove.Contents.Count > ContentsMax || prove.Holders < 0)
        {
            services.Outbox.Complete(command, new CommandResult.Failed(
                MeshError.Usage, "up to 65,536 contents and no negative count of holders"));
            return;
        }
        if (_open.Count >= services.Limits.Commands)
        {
            services.Outbox.Complete(command, new CommandResult.Failed(MeshError.Busy, "too many proofs under way"));
            return;
        }
        var proof = new HolderProof(services, challenges, command, prove, p => _open.Remove(p.Command.Value));
        _open.Add(command.Value, proof);
        proof.Start();
    }

    public bool Cancel(CommandId command)
    {
        if (!_open.TryGetValue(command.Value, out var proof))
            return false;
        proof.Cancel();
        return true;
    }
}
