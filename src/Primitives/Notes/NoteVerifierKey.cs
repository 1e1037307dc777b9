using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Notes;

/// <summary>The signature types of C2SP signed-note that this house checks; the byte is part of the key id.</summary>
public enum NoteAlgorithm
{
    /// <summary>0x01: Ed25519 over the note text.</summary>
    Ed25519 = 1,

    /// <summary>0x04: timestamped checkpoint cosignature of C2SP tlog-cosignature, version 1.</summary>
    CosignatureV1 = 4,
}

/// <summary>
/// A key that a reader of notes was configured with. Its text, a <em>vkey</em>, is
/// <c>name+hex(key id)+base64(algorithm byte || 32-byte public key)</c> (C2SP signed-note).
/// </summary>
public sealed record NoteVerifierKey
{
    private const int NameBytesMax = 1024;
    private const int TextCharsMax = 4096;

    private NoteVerifierKey(string name, NoteAlgorithm algorithm, Ed25519PublicKey publicKey)
    {
        Name = name;
        Algorithm = algorithm;
        PublicKey = publicKey;
        KeyId = ComputeKeyId(name, algorithm, publicKey);
    }

    /// <summary>For a log, its origin line; for a witness, a name of its own.</summary>
    public string Name { get; }

    /// <summary>SHA-256(name || LF || algorithm byte || public key), first four bytes, big-endian.</summary>
    public uint KeyId { get; }

    /// <summary>Which kind of line this key checks.</summary>
    public NoteAlgorithm Algorithm { get; }

    /// <summary>The key itself.</summary>
    public Ed25519PublicKey PublicKey { get; }

    /// <summary>A key from its parts.</summary>
    /// <exception cref="ArgumentException">The name is empty, over 1,024 characters, or has white space or <c>+</c>.
    /// </exception>
    public static NoteVerifierKey Create(string name, NoteAlgorithm algorithm, Ed25519PublicKey publicKey)
    {
        if (!IsName(name))
            throw new ArgumentException("not a note key name", nameof(name));
        if (algorithm is not (NoteAlgorithm.Ed25519 or NoteAlgorithm.CosignatureV1))
            throw new ArgumentOutOfRangeException(nameof(algorithm));
        return new NoteVerifierKey(name, algorithm, publicKey);
    }

    /// <summary>
    /// Reads a vkey of at most 4,096 characters. False for other algorithms, a key id that is not the recommended
    /// hash, or any spelling but the one <see cref="ToString"/> gives.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out NoteVerifierKey? key)
    {
        key = null;
        var first = text.IndexOf('+');
        if (text.Length > TextCharsMax || first < 0 || text.Length < first + 10 || text[first + 9] != '+')
            return false;
        var name = text[..first].ToString();
        if (!IsName(name)
            || !uint.TryParse(text[(first + 1)..(first + 9)], NumberStyles.AllowHexSpecifier, null, out var keyId)
            || !NoteText.TryDecodeBase64(text[(first + 10)..], out var material) || material.Length != 33
            || material[0] is not (1 or 4))
            return false;
        var parsed = new NoteVerifierKey(name, (NoteAlgorithm)material[0], Ed25519PublicKey.From(material.AsSpan(1)));
        if (parsed.KeyId != keyId || !text.SequenceEqual(parsed.ToString()))
            return false;
        key = parsed;
        return true;
    }

    /// <summary>The vkey text.</summary>
    public override string ToString()
    {
        byte[] material = [(byte)Algorithm, .. PublicKey.AsSpan()];
        return $"{Name}+{KeyId:x8}+{Convert.ToBase64String(material)}";
    }

    // True iff the signature is this key's over the text; timestampUnixS is 0 for plain Ed25519 lines.
    internal bool Verifies(ReadOnlySpan<byte> textUtf8, ReadOnlySpan<byte> signature, out long timestampUnixS)
    {
        timestampUnixS = 0;
        if (Algorithm == NoteAlgorithm.Ed25519)
            return signature.Length == 64 && PublicKey.Verify(textUtf8, signature);
        if (signature.Length != 72)
            return false;
        var timestamp = BinaryPrimitives.ReadUInt64BigEndian(signature);
        if (timestamp > long.MaxValue)
            return false;
        timestampUnixS = (long)timestamp;
        return PublicKey.Verify(NoteCosigner.Message(textUtf8, timestampUnixS), signature[8..]);
    }

    private static bool IsName(string name) => name.Length <= NameBytesMax && NoteText.IsKeyName(name);

    private static uint ComputeKeyId(string name, NoteAlgorithm algorithm, Ed25519PublicKey publicKey)
    {
        byte[] material = [.. NoteText.ToUtf8(name), (byte)'\n', (byte)algorithm, .. publicKey.AsSpan()];
        return BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(material));
    }
}
