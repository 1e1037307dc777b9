using Omega.P2P.Primitives.Cbor;

namespace Omega.P2P.Protocol.Omega.Join;

// Fields that tickets, requests and answers share.
internal static class JoinFields
{
    public static bool TryReadChain(ref CborReader reader, out IReadOnlyList<ReadOnlyMemory<byte>> chain) =>
        OmegaCbor.TryReadBlobs(ref reader, OmegaLimits.DamsPerMessage, OmegaLimits.DamBytes, out chain)
        && chain.Count > 0;

    public static bool TryReadAddresses(ref CborReader reader, out IReadOnlyList<string> addresses) =>
        OmegaCbor.TryReadTexts(ref reader, OmegaLimits.Addresses, OmegaLimits.AddressBytes, out addresses);
}
