using System.Diagnostics;
using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Transport;

namespace Omega.P2P.Node.Service;

/// <summary>What is being brought here, and by whom.</summary>
internal sealed partial class LocalNode
{
    public IReadOnlyList<TransferAnswer> Transfers(CancellationToken cancel) =>
        [.. Ask<EngineResult.Transfers>(new EngineCommand.Transfers(), cancel).Items.Select(Shown)];

    internal static HolderAnswer Shown(HolderView holder)
    {
        var path = LinkPath.Of(holder.Address);
        return new HolderAnswer(
            holder.Peer.ToString(), holder.Petname, holder.Address is { Length: > 0 } known ? known : null,
            path?.Name, path?.Interface, StateOf(holder.State), holder.Bytes, (long)holder.BytesPerSecond,
            LimitOf(holder.Limit, path));
    }

    private static TransferAnswer Shown(TransferRow row) => new(
        row.Artifact.Content.ToString(), row.Artifact.DomainName, "in", row.Transfer.Contents, row.Transfer.BytesDone,
        row.Transfer.BytesWanted, row.Transfer.Elapsed.TotalSeconds, [.. row.Transfer.Holders.Select(Shown)]);

    private static string StateOf(HolderState state) => state switch
    {
        HolderState.Asking => "asking",
        HolderState.NotHeld => "not-held",
        HolderState.Holding => "holding",
        HolderState.Measuring => "measuring",
        HolderState.Fetching => "fetching",
        HolderState.Stalled => "stalled",
        HolderState.Lying => "lying",
        HolderState.Away => "away",
        _ => throw new UnreachableException(),
    };

    // Within one machine the link carries what both can move: it is the other process that sends no faster.
    private static string? LimitOf(TransferLimit? limit, LinkPath? path) => limit switch
    {
        null => null,
        TransferLimit.OurDisk => "disk",
        TransferLimit.OurVerification => "verification",
        TransferLimit.PeerOrLink => path?.Name == LinkPath.Loopback ? "peer" : "peer-or-link",
        _ => throw new UnreachableException(),
    };
}
