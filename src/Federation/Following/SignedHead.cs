using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// A head whose signature by its domain's head key was verified; only its own checks make one. What it says
/// is then its owner's word, and still to be judged against what is held.
/// </summary>
internal sealed record SignedHead
{
    private SignedHead()
    {
    }

    public required ReadOnlyMemory<byte> Note { get; init; }

    public required long Epoch { get; init; }

    public required long Size { get; init; }

    public required Hash256 Root { get; init; }

    public HeadRef Place => new(Epoch, Size, Root);

    /// <summary>Heads order by (epoch, size).</summary>
    public bool IsAfter(long epoch, long size) => Epoch > epoch || (Epoch == epoch && Size > size);

    /// <summary>A head of the domain by its active head key.</summary>
    public static bool TryVerify(
        ReadOnlyMemory<byte> note, Manifests manifests,
        [NotNullWhen(true)] out SignedHead? head, out PeerFault fault) =>
        TryVerify(note, manifests.Domain, [manifests.Latest.HeadKey], out head, out fault);

    /// <summary>
    /// A head by any head key the domain ever had: for what was accepted, or signed by ourselves, before.
    /// </summary>
    public static bool TryVerifyPast(
        ReadOnlyMemory<byte> note, Manifests manifests, [NotNullWhen(true)] out SignedHead? head) =>
        TryVerify(note, manifests.Domain, manifests.HeadKeys, out head, out _);

    /// <summary>Whether a line names a head key of the domain and does not verify: nobody signs such a note by
    /// accident. A note by a key that we do not know yet is not forged.</summary>
    public static bool IsForged(ReadOnlyMemory<byte> note, Manifests manifests)
    {
        if (!SignedNote.TryParse(note.Span, out var parsed, out _)
            || !Checkpoint.TryParse(parsed.Text, out var checkpoint, out _))
            return true;
        NoteVerifierKey[] keys =
        [
            .. manifests.HeadKeys.Select(
                k => NoteVerifierKey.Create(checkpoint.Origin, NoteAlgorithm.Ed25519, k)),
        ];
        return parsed.Verify(keys).Verdict == NoteVerdict.BadSignature;
    }

    /// <summary>
    /// Fault <see cref="PeerFault.Malformed"/> for what is no note or no checkpoint of this domain's log,
    /// <see cref="PeerFault.BadSignature"/> when none of the keys signed it.
    /// </summary>
    private static bool TryVerify(
        ReadOnlyMemory<byte> note, DomainId domain, IReadOnlyList<Ed25519PublicKey> headKeys,
        [NotNullWhen(true)] out SignedHead? head, out PeerFault fault)
    {
        head = null;
        fault = PeerFault.Malformed;
        if (!SignedNote.TryParse(note.Span, out var parsed, out _)
            || !Checkpoint.TryParse(parsed.Text, out var checkpoint, out _)
            || !LogOrigin.TryParse(checkpoint.Origin, out var origin) || origin.Domain != domain)
            return false;
        fault = PeerFault.BadSignature;
        NoteVerifierKey[] keys =
            [.. headKeys.Select(k => NoteVerifierKey.Create(checkpoint.Origin, NoteAlgorithm.Ed25519, k))];
        if (parsed.Verify(keys).Verdict != NoteVerdict.Verified)
            return false;
        head = new SignedHead { Note = note, Epoch = origin.Epoch, Size = checkpoint.Size, Root = checkpoint.Root };
        return true;
    }
}
