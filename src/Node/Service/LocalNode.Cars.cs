using Omega.P2P.Engine.Ipfs;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Service;

/// <summary>Artifacts as CAR files.</summary>
internal sealed partial class LocalNode
{
    public void ExportCar(CarOrder order, Stream target, CancellationToken cancel)
    {
        var hash = order.Hash switch
        {
            CarOrder.Blake3 => Cid.HashBlake3,
            CarOrder.Sha256 => Cid.HashSha256,
            _ => throw OmegaException.Usage(
                $"'{order.Hash}' names no blocks here", "--hash", $"{CarOrder.Blake3} or {CarOrder.Sha256}"),
        };
        if (order.Ids.Count is 0 or > CarOrder.IdsMax)
            throw OmegaException.Usage($"a CAR file has 1 to {CarOrder.IdsMax} roots", "ID");
        var contents = order.Ids.Select(id =>
        {
            // Fetched where it is away: the file holds everything or is not made.
            var (ready, file) = Ready(new GetOrder(id, null), cancel);
            return (file?.Content ?? ready.Artifact.Content,
                IsPackage: file is null && ready.Artifact.Kind == PackageManifest.TypeTag);
        }).Distinct().ToList();
        new CarExport(Store, hash).Write(contents, bytes =>
        {
            cancel.ThrowIfCancellationRequested();
            target.Write(bytes.Span);
        });
        target.Flush();
    }
}
