using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;

namespace Omega.P2P.Primitives.PublicLog;

/// <summary>Why a proof does not hold.</summary>
public enum ArtifactProofFault
{
    /// <summary>It holds.</summary>
    None,

    /// <summary>The leaf says something else than that this entry was published.</summary>
    NotThisArtifact,

    /// <summary>The path does not lead from the leaf to the head's root.</summary>
    NotInLog,

    /// <summary>The head is of another domain than the one trusted, or of no domain's log.</summary>
    OtherDomain,

    /// <summary>No key is trusted, and the file carries no manifests that say which key may sign.</summary>
    NoManifests,

    /// <summary>The manifests carried do not verify, or are another domain's.</summary>
    BadManifests,

    /// <summary>The head is not signed by the key trusted.</summary>
    BadHead,

    /// <summary>A signature on the artifact does not hold.</summary>
    BadArtifact,
}

/// <summary>What a reader of a proof knows beforehand; with neither, only that the file agrees with itself is
/// shown.</summary>
/// <param name="Domain">The domain whose log it must be: its manifests are then carried, and start with its
/// genesis.</param>
/// <param name="HeadKey">The key that must have signed the head; manifests are then not needed.</param>
public readonly record struct ProofTrust(DomainId? Domain, Ed25519PublicKey? HeadKey);

/// <summary>What a proof shows.</summary>
/// <param name="Fault">Why it does not hold.</param>
/// <param name="Domain">Whose log.</param>
/// <param name="Epoch">Which of its logs.</param>
/// <param name="Size">Leaves under the head.</param>
/// <param name="Head">The key that signed the head; null where none was found to have.</param>
/// <param name="Signatures">The artifact's own signatures that hold; empty where no manifests say whose they
/// are.</param>
public sealed record ProofVerdict(
    ArtifactProofFault Fault,
    DomainId Domain,
    long Epoch,
    long Size,
    Ed25519PublicKey? Head,
    IReadOnlyList<VerifiedSignature> Signatures);

/// <summary>
/// A C2SP tlog-proof file for one artifact: that a domain published it, by the inclusion of the leaf under a signed
/// head, to be verified by whoever has the file and nothing else.
/// </summary>
/// <remarks>
/// The file's extra data is canonical CBOR:
/// <c>{ "body": bytes, "dams": [ bytes ], "salt": 32 bytes, "entry": bytes }</c>: salt and body open the leaf's
/// commitment, the body names the hash of the entry. The format does not authenticate extra data; these parts are
/// authenticated by the leaf, and the manifests by the domain's id. They are left out where they do not fit in 24 KiB.
/// </remarks>
public sealed class ArtifactProof
{
    private readonly TlogProof _proof;
    private readonly Hash256 _salt;
    private readonly byte[] _body;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _manifests;

    private ArtifactProof(
        TlogProof proof, Hash256 salt, byte[] body, SignedArtifact entry, PublicRecord.Publish publication,
        IReadOnlyList<ReadOnlyMemory<byte>> manifests)
    {
        (_proof, _salt, _body, _manifests) = (proof, salt, body, manifests);
        Entry = entry;
        Publication = publication;
    }

    /// <summary>What was published, with its signatures; to be believed after <see cref="Verify"/>.</summary>
    public SignedArtifact Entry { get; }

    /// <summary>What the leaf says.</summary>
    public PublicRecord.Publish Publication { get; }

    /// <summary>Zero-based index of the leaf.</summary>
    public long Index => _proof.Index;

    /// <summary>Whether the domain's manifests are in the file.</summary>
    public bool HasManifests => _manifests.Count > 0;

    /// <summary>A proof of our own making.</summary>
    /// <param name="place">Index, path and head.</param>
    /// <param name="salt">Opens the leaf's commitment.</param>
    /// <param name="body">The encoded <see cref="PublicRecord.Publish"/>.</param>
    /// <param name="entry">The catalog entry whose hash the body names.</param>
    /// <param name="manifests">Signed manifests, genesis first; dropped where they do not fit.</param>
    /// <exception cref="ArgumentException">The parts do not belong together.</exception>
    public static ArtifactProof Create(
        TlogProof place, Hash256 salt, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> entry,
        IReadOnlyList<ReadOnlyMemory<byte>> manifests)
    {
        ArgumentNullException.ThrowIfNull(place);
        var extra = Write(salt, body.Span, entry.Span, manifests);
        if (extra.Length > TlogProof.ExtraBytesMax)
            extra = Write(salt, body.Span, entry.Span, []);
        var file = new TlogProof(place.Index, place.Hashes.ToArray(), place.CheckpointNote, extra);
        return TryParse(file.Encode(), out var proof, out var error)
            ? proof
            : throw new ArgumentException(error.ToString(), nameof(body));
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Encode() => _proof.Encode();

    /// <summary>
    /// Reads a file; total. Errors: those of <see cref="TlogProof.TryParse"/>, <see cref="PublicRecord.TryDecode"/> and
    /// <see cref="SignedArtifact.TryDecode"/>, and <c>proof-kind</c> where the leaf is no publication.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> file, [NotNullWhen(true)] out ArtifactProof? proof, out DecodeError error)
    {
        proof = null;
        if (!TlogProof.TryParse(file, out var place, out error))
            return false;
        var reader = new CborReader(place.Extra.Span);
        var manifests = new List<ReadOnlyMemory<byte>>();
        ReadOnlySpan<byte> entryBytes = default;
        Hash256 salt = default;
        if (!reader.TryReadMapStart(out _) || !reader.TryReadKey("body"u8) || !reader.TryReadBytes(out var body)
            || !reader.TryReadKey("dams"u8) || !TryReadManifests(ref reader, manifests)
            || !reader.TryReadKey("salt"u8) || !reader.TryReadHash(out salt)
            || !reader.TryReadKey("entry"u8) || !reader.TryReadBytes(out entryBytes) || !reader.TryFinish())
        {
            error = reader.Error;
            return false;
        }
        if (!PublicRecord.TryDecode(body, out var record, out error)
            || !SignedArtifact.TryDecode(entryBytes, out var entry, out error))
            return false;
        if (record is not PublicRecord.Publish publication)
        {
            error = new DecodeError("proof-kind", "body", "The leaf of an artifact's proof is its publication.");
            return false;
        }
        proof = new ArtifactProof(place, salt, body.ToArray(), entry, publication, manifests);
        return true;
    }

    /// <summary>Checks everything, against what the reader trusts beforehand.</summary>
    public ProofVerdict Verify(ProofTrust trust)
    {
        var leaf = LogCommitment.LeafHash(LogCommitment.Create(_salt.AsSpan(), _body));
        var isInLog = _proof.VerifyInclusion(leaf, out var head);
        var isOfDomain = LogOrigin.TryParse(head?.Origin, out var origin);
        var verdict = new ProofVerdict(
            ArtifactProofFault.None, origin.Domain, origin.Epoch, head?.Size ?? 0, null, []);
        if (!isInLog)
            return verdict with { Fault = ArtifactProofFault.NotInLog };
        if (Publication.Entry != Entry.Identity || Publication.Key != Entry.Key)
            return verdict with { Fault = ArtifactProofFault.NotThisArtifact };
        if (!isOfDomain || (trust.Domain is { } wanted && wanted != origin.Domain))
            return verdict with { Fault = ArtifactProofFault.OtherDomain };
        DamChain? chain = null;
        if (_manifests.Count > 0
            && (!DamChain.TryVerify(_manifests, out chain, out _) || chain.Domain != origin.Domain))
            return verdict with { Fault = ArtifactProofFault.BadManifests };
        if ((trust.HeadKey ?? chain?.Current.HeadKey) is not { } key)
            return verdict with { Fault = ArtifactProofFault.NoManifests };
        var signer = NoteVerifierKey.Create(origin.ToString(), NoteAlgorithm.Ed25519, key);
        if (_proof.CheckpointNote.Verify(signer).Verdict != NoteVerdict.Verified)
            return verdict with { Fault = ArtifactProofFault.BadHead };
        return Judge(verdict with { Head = key }, chain);
    }

    private ProofVerdict Judge(ProofVerdict verdict, DamChain? chain)
    {
        if (chain is null)
            return verdict;
        var artifact = Entry.Verify(chain);
        return artifact.Verdict == ArtifactVerdict.Verified
            ? verdict with { Signatures = artifact.Signatures }
            : verdict with { Fault = ArtifactProofFault.BadArtifact };
    }

    private static byte[] Write(
        Hash256 salt, ReadOnlySpan<byte> body, ReadOnlySpan<byte> entry, IReadOnlyList<ReadOnlyMemory<byte>> manifests)
    {
        var writer = new CborWriter(4096);
        writer.WriteMapStart(4);
        writer.WriteKey("body"u8);
        writer.WriteBytes(body);
        writer.WriteKey("dams"u8);
        writer.WriteArrayStart(manifests.Count);
        foreach (var manifest in manifests)
            writer.WriteBytes(manifest.Span);
        writer.WriteKey("salt"u8);
        writer.WriteBytes(salt.AsSpan());
        writer.WriteKey("entry"u8);
        writer.WriteBytes(entry);
        return writer.ToArray();
    }

    private static bool TryReadManifests(ref CborReader reader, List<ReadOnlyMemory<byte>> manifests)
    {
        if (!reader.TryReadArrayStart(out var count))
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadBytes(out var manifest))
                return false;
            manifests.Add(manifest.ToArray());
        }
        return true;
    }
}
