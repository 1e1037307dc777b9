using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.History;

/// <summary>
/// The newest signed head of one epoch: <c>head-&lt;size, 16 digits&gt;</c>, a signed note. The port cannot replace a
/// file, so each head has its own name and the older ones go once the newer one is durable; the largest counts.
/// </summary>
internal static class HeadFile
{
    private const string Prefix = "head-";

    /// <summary>Signs a checkpoint; Ed25519 is deterministic, so the same head has the same bytes every time.</summary>
    public static byte[] Sign(Checkpoint checkpoint, ISigner signer)
    {
        string text = checkpoint.ToText();
        var noteSigner = new NoteSigner(checkpoint.Origin, signer);
        SignedNote note = SignedNote.Create(text, [noteSigner.Sign(text)]);
        if (note.Verify(noteSigner.Key).Verdict != NoteVerdict.Verified)
            throw new InvalidOperationException("our own head does not verify under its own key");
        return note.Encode();
    }

    /// <summary>Writes a head; durable on return.</summary>
    public static void Write(IFileSystem files, string folder, long size, byte[] note)
    {
        string path = folder + "/" + NameOf(size);
        if (files.Exists(path))
            files.Delete(path);
        DurableFiles.WriteWhole(files, path, note);
    }

    /// <summary>Removes all heads but that of one size.</summary>
    public static void DropOthers(IFileSystem files, string folder, long size)
    {
        string name = NameOf(size);
        foreach (string other in files.List(folder))
        {
            if (other != name && other.StartsWith(Prefix, StringComparison.Ordinal))
                files.Delete(folder + "/" + other);
        }
    }

    /// <summary>
    /// Reads the newest head whose note is in form and about this origin, and its bytes. The signature is not checked
    /// here: <see cref="PublicHistory"/> makes it again and compares.
    /// </summary>
    public static bool TryReadNewest(
        IFileSystem files, string folder, LogOrigin origin, [NotNullWhen(true)] out Checkpoint? head, out byte[] note)
    {
        (head, note) = (null, []);
        foreach (string name in files.List(folder))
        {
            if (!IsHead(name))
                continue;
            byte[] bytes = DurableFiles.ReadWhole(files, folder + "/" + name, SignedNote.SizeBytesMax);
            if (SignedNote.TryParse(bytes, out SignedNote? read, out _)
                && Checkpoint.TryParse(read.Text, out Checkpoint? checkpoint, out _)
                && checkpoint.Origin == origin.ToString() && NameOf(checkpoint.Size) == name
                && checkpoint.Size > (head?.Size ?? 0))
                (head, note) = (checkpoint, bytes);
        }

        return head is not null;
    }

    private static string NameOf(long size) => Prefix + size.ToString("D16", CultureInfo.InvariantCulture);

    private static bool IsHead(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && !DurableFiles.IsTemporary(name);
}
