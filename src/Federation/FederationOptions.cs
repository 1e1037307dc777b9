using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Federation;

/// <summary>All that one federation core is given at its start.</summary>
public sealed record FederationOptions
{
    /// <summary>The node key: the link identity.</summary>
    public required ISigner NodeSigner { get; init; }

    /// <summary>
    /// The own domain's active head key: signs manifests and epoch records. Heads are signed by the store.
    /// </summary>
    public required ISigner HeadSigner { get; init; }

    /// <summary>The own authority manifests from genesis on, oldest first.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> DamChain { get; init; }

    /// <summary>Every document kept so far, as committed by <see cref="MeshEffect.PutDocument"/>.</summary>
    public IReadOnlyList<StoredDocument> Documents { get; init; } = [];

    /// <summary>Chance (law 12).</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Addresses under which peers may reach this node, as textual multiaddrs.</summary>
    public IReadOnlyList<string> ListenAddresses { get; init; } = [];

    /// <summary>Bounds.</summary>
    public FederationLimits Limits { get; init; } = FederationLimits.Default;
}

/// <summary>One kept document.</summary>
public readonly record struct StoredDocument(string Key, ReadOnlyMemory<byte> Value);
