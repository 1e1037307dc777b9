using Omega.P2P.Federation;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Simulations.Nodes;

namespace Omega.P2P.Simulations.Checks;

/// <summary>A followed head never goes back; nobody holds another root at one place (laws 8, 9).</summary>
public sealed class HeadChecker
{
    private readonly Dictionary<(int Node, DomainId Domain), HeadRef> _last = [];
    private readonly Dictionary<(DomainId Domain, long Epoch, long Size), Primitives.Hashing.Hash256> _roots = [];

    /// <summary>Looks at the node that was just touched.</summary>
    public void Check(SimulatedNode node, ICollection<string> failures)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(failures);
        foreach (var followed in node.Engine.Mesh.FollowedDomains)
        {
            if (followed.Head is not { } head) continue;
            var key = (node.Number, followed.Domain);
            if (_last.TryGetValue(key, out var last) && last == head) continue;
            if (last is not null && (head.Epoch, head.Size).CompareTo((last.Epoch, last.Size)) < 0)
                failures.Add($"node {node.Number} went back from {last} to {head}");
            _last[key] = head;
            if (_roots.TryAdd((followed.Domain, head.Epoch, head.Size), head.Root)) continue;
            if (_roots[(followed.Domain, head.Epoch, head.Size)] != head.Root)
                failures.Add($"node {node.Number} holds another root of {followed.Domain} at {head.Size}");
        }
    }
}
