using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>The text formats of transparency logs.</summary>
internal static class NoteTargets
{
    public static IEnumerable<FuzzTarget> All()
    {
        using var key = TestKeys.Key(5);
        var text = new Checkpoint("example.com/log", 3, Rfc6962.LeafHash([1]), ["ext"]).ToText();
        var note = SignedNote.Create(text, [new NoteSigner("example.com/log", key).Sign(text)]);
        var proof = new TlogProof(1, [Rfc6962.LeafHash([1]), Rfc6962.LeafHash([2])], note, "extra"u8.ToArray());
        return
        [
            new("note", [note.Encode()],
                i => SignedNote.TryParse(i, out var n, out var e)
                    ? FuzzRun.Same(i, n.Encode()) : FuzzRun.Refused(e)),
            new("checkpoint", [System.Text.Encoding.UTF8.GetBytes(text)],
                i => NoteText.TryDecodeUtf8(i, out var read)
                    ? Checkpoint.TryParse(read, out var c, out var e)
                        ? FuzzRun.Same(i, System.Text.Encoding.UTF8.GetBytes(c.ToText())) : FuzzRun.Refused(e)
                    : "utf8"),
            new("tlog-proof", [proof.Encode()],
                i => TlogProof.TryParse(i, out var p, out var e)
                    ? FuzzRun.Same(i, p.Encode()) : FuzzRun.Refused(e)),
        ];
    }
}
