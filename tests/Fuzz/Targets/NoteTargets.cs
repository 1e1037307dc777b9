using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Tests.Artifacts;
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
            new("artifact-proof", [ArtifactFile().Encode()],
                i => ArtifactProof.TryParse(i, out var p, out var e)
                    ? FuzzRun.Same(i, p.Encode()) + p.Verify(new ProofTrust(Samples.Domain, null)).Fault
                    : FuzzRun.Refused(e)) { AllocationBase = 256 * 1024, AllocationPerByte = 512, InputMax = 8192 },
        ];
    }

    /// <summary>The publication of one artifact in a log of two records.</summary>
    private static ArtifactProof ArtifactFile()
    {
        using var head = TestKeys.Key(30);
        var descriptor = Samples.Descriptor();
        var entry = SignedArtifact.Create(descriptor, Samples.Received(descriptor));
        var body = new PublicRecord.Publish(entry.Key, "peers", entry.Identity).Encode();
        var salt = Blake3.Hash("salt"u8);
        var other = Rfc6962.LeafHash([1]);
        var leaf = LogCommitment.LeafHash(LogCommitment.Create(salt.AsSpan(), body));
        var origin = new LogOrigin(Samples.Domain, 3).ToString();
        var text = new Checkpoint(origin, 2, Rfc6962.NodeHash(leaf, other)).ToText();
        var note = SignedNote.Create(text, [new NoteSigner(origin, head).Sign(text)]);
        return ArtifactProof.Create(new TlogProof(0, [other], note), salt, body, entry.Bytes, []);
    }
}
