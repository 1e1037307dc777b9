namespace Omega.P2P.Protocol.Omega;

/// <summary>The ids by which Omega's own protocols are negotiated on a libp2p stream.</summary>
public static class OmegaProtocols
{
    /// <summary>Redeems an invitation: one request frame, one answer frame.</summary>
    public const string Join = "/omega/join/1";

    /// <summary>Heads, manifests, leaves, nodes, entries: request frames, one answer frame each, in order.</summary>
    public const string Catalog = "/omega/catalog/1";

    /// <summary>Bytes by hash: one request frame, then one answer frame (<c>have</c>) or bulk (<c>get</c>).</summary>
    public const string Blocks = "/omega/blocks/1";

    /// <summary>The same, and a request may be a <c>many</c>. It is asked on no other: a node from before <c>many</c>
    /// would take it for malformed there, cut the link and demote the asker; this id it does not know, and says so.
    /// </summary>
    public const string BlocksMany = "/omega/blocks/2";

    /// <summary>All of them, in a fixed order.</summary>
    public static IReadOnlyList<string> All { get; } = [Join, Catalog, Blocks, BlocksMany];
}
