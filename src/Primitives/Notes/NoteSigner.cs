using System.Buffers.Binary;
using System.Globalization;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Notes;

/// <summary>Signs notes as a log does (algorithm 0x01): Ed25519 over the text, final newline included.</summary>
public sealed class NoteSigner
{
    private readonly ISigner _signer;

    /// <summary>For a log the name is the origin line of its checkpoints, as tlog-checkpoint asks.</summary>
    /// <exception cref="ArgumentException">The name is no key name.</exception>
    public NoteSigner(string name, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        _signer = signer;
        Key = NoteVerifierKey.Create(name, NoteAlgorithm.Ed25519, signer.PublicKey);
    }

    /// <summary>What a reader needs to check the lines of this signer.</summary>
    public NoteVerifierKey Key { get; }

    /// <summary>The signature line over a note text.</summary>
    /// <exception cref="ArgumentException">The text does not end in a newline.</exception>
    public NoteSignature Sign(string text)
    {
        NoteCosigner.RequireText(text);
        var signature = new byte[64];
        _signer.Sign(NoteText.ToUtf8(text), signature);
        return new NoteSignature(Key.Name, Key.KeyId, signature);
    }
}

/// <summary>
/// Signs checkpoints as a witness does (algorithm 0x04, C2SP tlog-cosignature v1): big-endian u64 seconds, then
/// Ed25519 over <c>cosignature/v1 LF time SECONDS LF</c> and the checkpoint's text.
/// </summary>
public sealed class NoteCosigner
{
    private readonly ISigner _signer;

    /// <summary>A witness's key must not be used for anything else: the message does not name the witness.</summary>
    /// <exception cref="ArgumentException">The name is no key name.</exception>
    public NoteCosigner(string name, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        _signer = signer;
        Key = NoteVerifierKey.Create(name, NoteAlgorithm.CosignatureV1, signer.PublicKey);
    }

    /// <summary>What a reader needs to check the lines of this cosigner.</summary>
    public NoteVerifierKey Key { get; }

    /// <summary>
    /// The cosignature line, claiming that at that time this was the largest consistent head seen.
    /// </summary>
    /// <param name="checkpointText">The whole text, final newline included.</param>
    /// <param name="timestampUnixS">Seconds since 1970, not negative.</param>
    public NoteSignature Cosign(string checkpointText, long timestampUnixS)
    {
        RequireText(checkpointText);
        ArgumentOutOfRangeException.ThrowIfNegative(timestampUnixS);
        var stamped = new byte[72];
        BinaryPrimitives.WriteUInt64BigEndian(stamped, (ulong)timestampUnixS);
        _signer.Sign(Message(NoteText.ToUtf8(checkpointText), timestampUnixS), stamped.AsSpan(8));
        return new NoteSignature(Key.Name, Key.KeyId, stamped);
    }

    internal static byte[] Message(ReadOnlySpan<byte> textUtf8, long timestampUnixS)
    {
        var header = string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {timestampUnixS}\n");
        return [.. NoteText.ToUtf8(header), .. textUtf8];
    }

    internal static void RequireText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.EndsWith('\n'))
            throw new ArgumentException("a note text ends in a newline", nameof(text));
    }
}
