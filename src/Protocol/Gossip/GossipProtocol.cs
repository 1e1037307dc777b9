namespace Omega.P2P.Protocol.Gossip;

/// <summary>The ids by which gossipsub is negotiated on a libp2p stream; streams carry RPCs one way only, each behind a
/// varint length (libp2p specs, pubsub/gossipsub).</summary>
public static class GossipProtocol
{
    /// <summary>gossipsub v1.2: v1.1 and IDONTWANT.</summary>
    public const string Version12 = "/meshsub/1.2.0";

    /// <summary>gossipsub v1.1.</summary>
    public const string Version11 = "/meshsub/1.1.0";

    /// <summary>What we speak, best first.</summary>
    public static IReadOnlyList<string> All { get; } = [Version12, Version11];

    /// <summary>Whether this is one of <see cref="All"/>.</summary>
    public static bool IsGossip(string protocol) => protocol is Version12 or Version11;
}
