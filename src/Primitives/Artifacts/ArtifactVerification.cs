using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>Whose keys sign for a domain: what a verified DAM chain answers.</summary>
public interface IKeyAuthority
{
    /// <summary>The domain spoken for.</summary>
    DomainId Domain { get; }

    /// <summary>True iff some version of the DAM binds this brane's name to this key.</summary>
    bool IsBraneKey(string brane, Ed25519PublicKey key);

    /// <summary>The name under which some version of the DAM lists this node key.</summary>
    bool TryGetNodeName(Ed25519PublicKey key, out string name);
}

/// <summary>In which duty a key signed.</summary>
public enum SignerRole
{
    /// <summary>A producer, by its attestation.</summary>
    Brane,

    /// <summary>A node, by its receipt.</summary>
    Substrate,
}

/// <summary>A signature that holds, by a key that had the authority.</summary>
/// <param name="Key">Who signed.</param>
/// <param name="Role">As what.</param>
/// <param name="Name">Name of the brane or node in the DAM.</param>
/// <param name="TimeUnixMs">The time the signer claims, milliseconds since 1970.</param>
public sealed record VerifiedSignature(Ed25519PublicKey Key, SignerRole Role, string Name, long TimeUnixMs)
{
    /// <summary>As people read it: <c>ed25519:RJ4P (brane.replay)</c>.</summary>
    public override string ToString() =>
        $"{Key.ToShort()} ({(Role == SignerRole.Brane ? "brane" : "substrate")}.{Name})";
}

/// <summary>How the signatures of a catalog entry stand.</summary>
public enum ArtifactVerdict
{
    /// <summary>At least one attestation with its receipt holds, and none of the domain's is bad.</summary>
    Verified,

    /// <summary>No attestation names this domain.</summary>
    OtherDomain,

    /// <summary>A signature does not hold for the key it names.</summary>
    BadSignature,

    /// <summary>An attestation is by a key that the DAM never bound to that brane.</summary>
    UnknownBraneKey,

    /// <summary>A receipt is by a key that the DAM never listed as a node.</summary>
    UnknownNodeKey,
}

/// <summary>The verdict, and what to print: producer and node of each attestation. Empty unless verified.</summary>
public sealed record ArtifactVerification(ArtifactVerdict Verdict, IReadOnlyList<VerifiedSignature> Signatures);
