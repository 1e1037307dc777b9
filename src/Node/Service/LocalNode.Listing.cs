using Omega.P2P.Engine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Home;

namespace Omega.P2P.Node.Service;

/// <summary>Lists.</summary>
internal sealed partial class LocalNode
{
    private CatalogFollower? _catalog;

    public IEnumerable<ArtifactAnswer> List(ListOrder order, CancellationToken cancel)
    {
        if (order.AsOf is { } snapshot) return ListAsOf(order, snapshot).Take(order.Limit ?? int.MaxValue);
        var wanted = new EngineCommand.List(order.Domain, order.Brane, order.Kind, order.All)
        {
            Catalog = _catalog?.View,
        };
        return Ask<EngineResult.Listing>(wanted, cancel).Artifacts.Take(order.Limit ?? int.MaxValue).Select(row =>
        {
            cancel.ThrowIfCancellationRequested();
            return Shown(row);
        });
    }

    /// <summary>Has a view kept up to date from now on, so that narrow lists cost what they give.</summary>
    public void FollowCatalog(OmegaHome home) => _catalog = new CatalogFollower(Store, home.Domain(Store.DomainName));
}
