using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Notes;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// A head whose signature by its domain's head key was verified; only <see cref="TryVerify"/> makes one. What it says
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

    /// <summary>
    /// Fault <see cref="PeerFault.Malformed"/> for what is no note or no checkpoint of this domain's log,
    /// <see cref="PeerFault.BadSignature"/> when the active head key did not sign it.
    /// </summary>
    public static bool TryVerify(
        ReadOnlyMemory<byte> note, Manifests manifests, [NotNullWhen(true)] out SignedHead? head, out PeerFault fault)
    {
        head = null;
        fault = PeerFault.Malformed;
        if (!SignedNote.TryParse(note.Span, out var parsed, out _)
            || !Checkpoint.TryParse(parsed.Text, out var checkpoint, out _)
            || !LogOrigin.TryParse(checkpoint.Origin, out var origin) || origin.Domain != manifests.Domain)
            return false;
        fault = PeerFault.BadSignature;
        var key = NoteVerifierKey.Create(checkpoint.Origin, NoteAlgorithm.Ed25519, manifests.Latest.HeadKey);
        if (!parsed.Verify(key).IsBy(key))
            return false;
        head = new SignedHead { Note = note, Epoch = origin.Epoch, Size = checkpoint.Size, Root = checkpoint.Root };
        return true;
    }
}
