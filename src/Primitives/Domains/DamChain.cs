using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Domains;

/// <summary>How two verified chains of one domain stand to each other.</summary>
public enum DamRelation
{
    /// <summary>The same versions.</summary>
    Same,

    /// <summary>The first continues the second.</summary>
    Ahead,

    /// <summary>The second continues the first.</summary>
    Behind,

    /// <summary>They part, and where they part only the first is signed by the recovery key: it stands.</summary>
    Overrules,

    /// <summary>They part, and where they part only the second is signed by the recovery key: it stands.</summary>
    Overruled,

    /// <summary>They part under equal authority: evidence against the owner.</summary>
    Fork,
}

/// <summary>
/// A verified history of a domain's authority, from its genesis on. Verifies by itself: versions are consecutive, each
/// names the payload hash of the one before, the genesis is signed by its own head key, each later one by the head or
/// recovery key of the version before, and only the recovery key replaces the recovery key. Immutable.
/// </summary>
public sealed class DamChain : IKeyAuthority
{
    /// <summary>Most versions; a longer chain is refused unread.</summary>
    public const int VersionCountMax = 4096;

    private DamChain(ImmutableArray<SignedDam> versions) => Versions = versions;

    /// <summary>All versions, genesis first; never empty.</summary>
    public ImmutableArray<SignedDam> Versions { get; }

    /// <summary>BLAKE3 of the genesis payload.</summary>
    public DomainId Domain => DomainId.From(Versions[0].Dam.Hash);

    /// <summary>The newest version.</summary>
    public Dam Current => Versions[^1].Dam;

    /// <summary>The chain of one version.</summary>
    /// <exception cref="ArgumentException">It is no genesis signed by its own head key.</exception>
    public static DamChain Start(SignedDam genesis)
    {
        ArgumentNullException.ThrowIfNull(genesis);
        return CheckGenesis(genesis, out var error)
            ? new DamChain([genesis])
            : throw new ArgumentException(error.ToString(), nameof(genesis));
    }

    /// <summary>
    /// Verifies a whole chain from hostile bytes. Errors: those of <see cref="SignedDam.TryDecode"/>, <c>dam-count</c>,
    /// <c>dam-genesis</c>, and those of <see cref="TryAppend"/>.
    /// </summary>
    public static bool TryVerify(
        IReadOnlyList<ReadOnlyMemory<byte>> versions, [NotNullWhen(true)] out DamChain? chain, out DecodeError error)
    {
        ArgumentNullException.ThrowIfNull(versions);
        chain = null;
        if (versions.Count is 0 or > VersionCountMax)
            return Refuse("dam-count", "A chain has 1 to 4,096 versions.", out error);
        var read = ImmutableArray.CreateBuilder<SignedDam>(versions.Count);
        foreach (var bytes in versions)
        {
            if (!SignedDam.TryDecode(bytes.Span, out var signed, out error))
                return false;
            if (read.Count == 0 ? !CheckGenesis(signed, out error) : !CheckNext(read[^1].Dam, signed, out error))
                return false;
            read.Add(signed);
        }
        chain = new DamChain(read.MoveToImmutable());
        error = DecodeError.None;
        return true;
    }

    /// <summary>
    /// The chain with one more version. Errors: <c>dam-version</c> (not the next), <c>dam-previous</c> (not linked to
    /// this chain), <c>dam-authority</c> (a key that may not sign it), <c>dam-signature</c>, <c>dam-count</c>.
    /// </summary>
    public bool TryAppend(SignedDam next, [NotNullWhen(true)] out DamChain? chain, out DecodeError error)
    {
        ArgumentNullException.ThrowIfNull(next);
        chain = null;
        if (Versions.Length == VersionCountMax)
            return Refuse("dam-count", "A chain has 1 to 4,096 versions.", out error);
        if (!CheckNext(Current, next, out error))
            return false;
        chain = new DamChain(Versions.Add(next));
        return true;
    }

    /// <summary>
    /// Compares with another chain of the same domain. Where both part, the recovery key beats the head key, so that an
    /// owner takes a domain back from a stolen head key.
    /// </summary>
    /// <exception cref="ArgumentException">The other chain is of another domain.</exception>
    public DamRelation Relate(DamChain other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Domain != Domain)
            throw new ArgumentException("chains of two domains", nameof(other));
        for (var i = 1; i < Math.Min(Versions.Length, other.Versions.Length); i++)
        {
            if (Versions[i].Dam.Hash == other.Versions[i].Dam.Hash)
                continue;
            var recovery = Versions[i - 1].Dam.RecoveryKey;
            return (Versions[i].Signer == recovery, other.Versions[i].Signer == recovery) switch
            {
                (true, false) => DamRelation.Overrules,
                (false, true) => DamRelation.Overruled,
                _ => DamRelation.Fork,
            };
        }
        return Versions.Length.CompareTo(other.Versions.Length) switch
        {
            0 => DamRelation.Same,
            > 0 => DamRelation.Ahead,
            < 0 => DamRelation.Behind,
        };
    }

    /// <summary>True iff this is the active head key. A head by an older key (<see cref="WasHeadKey"/>) counts only if
    /// it was witnessed before the version that replaced it.</summary>
    public bool IsHeadKey(Ed25519PublicKey key) => Current.HeadKey == key;

    /// <summary>True iff some version had this head key.</summary>
    public bool WasHeadKey(Ed25519PublicKey key) => Versions.Any(v => v.Dam.HeadKey == key);

    /// <inheritdoc/>
    public bool IsBraneKey(string brane, Ed25519PublicKey key) =>
        Versions.Any(v => v.Dam.Branes.TryGetValue(brane, out var bound) && bound == key);

    /// <inheritdoc/>
    public bool TryGetNodeName(Ed25519PublicKey key, out string name)
    {
        for (var i = Versions.Length - 1; i >= 0; i--)
        {
            foreach (var (node, nodeKey) in Versions[i].Dam.Nodes)
            {
                if (nodeKey != key)
                    continue;
                name = node;
                return true;
            }
        }
        name = "";
        return false;
    }

    private static bool CheckGenesis(SignedDam signed, out DecodeError error)
    {
        if (signed.Dam.Version != 1)
            return Refuse("dam-genesis", "A chain begins with version 1.", out error);
        if (signed.Signer != signed.Dam.HeadKey)
            return Refuse("dam-authority", "A genesis is signed by its own head key.", out error);
        return CheckSignature(signed, out error);
    }

    private static bool CheckNext(Dam current, SignedDam next, out DecodeError error)
    {
        if (next.Dam.Version - 1 != current.Version)
            return Refuse("dam-version", "This is not the next version.", out error);
        if (next.Dam.Previous != current.Hash)
            return Refuse("dam-previous", "This version continues another history.", out error);
        if (next.Signer != current.HeadKey && next.Signer != current.RecoveryKey)
            return Refuse("dam-authority", "The signer is neither head nor recovery key so far.", out error);
        if (next.Dam.RecoveryKey != current.RecoveryKey && next.Signer != current.RecoveryKey)
            return Refuse("dam-authority", "Only the recovery key replaces the recovery key.", out error);
        return CheckSignature(next, out error);
    }

    private static bool CheckSignature(SignedDam signed, out DecodeError error)
    {
        error = DecodeError.None;
        return signed.IsSignatureValid() || Refuse("dam-signature", "The signature does not hold.", out error);
    }

    private static bool Refuse(string code, string message, out DecodeError error)
    {
        error = new DecodeError(code, "", message);
        return false;
    }
}
