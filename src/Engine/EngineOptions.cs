using Omega.P2P.Federation;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Engine;

/// <summary>All that one node is given at its start.</summary>
public sealed record EngineOptions
{
    /// <summary>The domain's folder, <c>&lt;home&gt;/asl/domains/&lt;name&gt;/</c>.</summary>
    public required IFileSystem StoreFiles { get; init; }

    /// <summary>The mesh's folder, <c>&lt;home&gt;/mesh/</c>: what is known of others.</summary>
    public required IFileSystem MeshFiles { get; init; }

    /// <summary>The node key: link identity and receipts.</summary>
    public required ISigner NodeSigner { get; init; }

    /// <summary>The own domain's active head key.</summary>
    public required ISigner HeadSigner { get; init; }

    /// <summary>The name the owner proposes; the log's word counts once there is one.</summary>
    public required string DomainName { get; init; }

    /// <summary>Chance (law 12).</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Where independent work of the store runs.</summary>
    public IParallelScheduler Scheduler { get; init; } = SequentialScheduler.Instance;

    /// <summary>Addresses under which peers may reach this node, as textual multiaddrs.</summary>
    public IReadOnlyList<string> ListenAddresses { get; init; } = [];

    /// <summary>Holders that must prove a content before its bytes may go (config key <c>evict.holders</c>).</summary>
    public int EvictHolders { get; init; } = 1;

    /// <summary>Bounds of the mesh half.</summary>
    public FederationLimits FederationLimits { get; init; } = FederationLimits.Default;

    /// <summary>Bounds of the store.</summary>
    public StoreLimits StoreLimits { get; init; } = new();
}
