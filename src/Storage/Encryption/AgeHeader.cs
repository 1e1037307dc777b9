using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Omega.P2P.Storage.Encryption;

/// <summary>One recipient's part of a header.</summary>
/// <param name="Line">Where it stands, from 1.</param>
/// <param name="Arguments">At least one; the first is the type.</param>
/// <param name="Body">Decoded.</param>
internal sealed record AgeStanza(int Line, IReadOnlyList<string> Arguments, byte[] Body)
{
    public const string X25519Type = "X25519";
    public const string ScryptType = "scrypt";

    public string Type => Arguments[0];
}

/// <summary>A header that keeps the grammar; nothing in it is authenticated yet.</summary>
/// <param name="Stanzas">At least one.</param>
/// <param name="Authenticated">Its bytes up to and including the three dashes.</param>
/// <param name="Mac">32 bytes.</param>
/// <param name="Lines">Number of lines.</param>
internal sealed record AgeHeader(IReadOnlyList<AgeStanza> Stanzas, byte[] Authenticated, byte[] Mac, int Lines)
{
    /// <summary>A header of our own for a file key, its last line end included.</summary>
    public static byte[] Write(ReadOnlySpan<byte> fileKey, IEnumerable<(byte[] Share, byte[] Body)> wraps)
    {
        var text = new ArrayBufferWriter<byte>(512);
        text.Write(AgeFormat.VersionLine);
        foreach (var (share, body) in wraps)
        {
            text.Write("\n-> X25519 "u8);
            AgeFormat.AppendBase64(text, share);
            text.Write("\n"u8);
            AgeFormat.AppendBase64(text, body); // 43 characters: one line, shorter than 64
        }

        text.Write("\n---"u8);
        Span<byte> mac = stackalloc byte[AgeFormat.MacSize];
        AgeWrap.ComputeMac(fileKey, text.WrittenSpan, mac);
        text.Write(" "u8);
        AgeFormat.AppendBase64(text, mac);
        text.Write("\n"u8);
        return text.WrittenSpan.ToArray();
    }

    /// <summary>The bytes it was read from.</summary>
    public byte[] Encode()
    {
        var text = new ArrayBufferWriter<byte>(Authenticated.Length + 48);
        text.Write(AgeFormat.VersionLine);
        text.Write("\n"u8);
        foreach (var stanza in Stanzas)
        {
            text.Write(Encoding.ASCII.GetBytes("-> " + string.Join(' ', stanza.Arguments) + "\n"));
            var body = new ArrayBufferWriter<byte>((stanza.Body.Length * 4 / 3) + 4);
            AgeFormat.AppendBase64(body, stanza.Body);
            var rest = body.WrittenSpan;
            for (; rest.Length >= AgeFormat.LineMax; rest = rest[AgeFormat.LineMax..])
            {
                text.Write(rest[..AgeFormat.LineMax]);
                text.Write("\n"u8);
            }

            text.Write(rest);
            text.Write("\n"u8);
        }

        text.Write("--- "u8);
        AgeFormat.AppendBase64(text, Mac);
        text.Write("\n"u8);
        return text.WrittenSpan.ToArray();
    }

    /// <summary>Finds the file key with one of the identities and authenticates the header by it.</summary>
    /// <param name="identities">Tried in order.</param>
    /// <param name="fileKey">16 bytes, filled on success.</param>
    /// <returns><see cref="AgeError.None"/>, <see cref="AgeFault.Header"/> (a passphrase beside other recipients),
    /// <see cref="AgeFault.Stanza"/>, <see cref="AgeFault.NoIdentity"/> or <see cref="AgeFault.HeaderMac"/>.</returns>
    public AgeError Open(IReadOnlyList<AgeIdentity> identities, Span<byte> fileKey)
    {
        if (Stanzas.FirstOrDefault(stanza => stanza.Type == AgeStanza.ScryptType) is { } scrypt && Stanzas.Count > 1)
            return new AgeError(AgeFault.Header, scrypt.Line);
        Span<byte> share = stackalloc byte[AgeFormat.KeySize];
        var isOpen = false;
        foreach (var stanza in Stanzas.Where(stanza => stanza.Type == AgeStanza.X25519Type))
        {
            if (stanza.Arguments.Count != 2 || stanza.Body.Length != AgeFormat.FileKeySize + AgeFormat.TagSize
                || !TryReadShare(stanza.Arguments[1], share))
                return new AgeError(AgeFault.Stanza, stanza.Line);
            foreach (var identity in identities)
            {
                if (!isOpen && identity.TryUnwrap(share, stanza.Body, fileKey))
                    isOpen = true;
            }
        }

        if (!isOpen)
            return new AgeError(AgeFault.NoIdentity, 0);
        Span<byte> mac = stackalloc byte[AgeFormat.MacSize];
        AgeWrap.ComputeMac(fileKey, Authenticated, mac);
        return CryptographicOperations.FixedTimeEquals(mac, Mac)
            ? AgeError.None
            : new AgeError(AgeFault.HeaderMac, Lines);
    }

    private static bool TryReadShare(string text, Span<byte> share)
    {
        const int ShareText = 43;
        Span<byte> ascii = stackalloc byte[ShareText];
        Span<byte> bytes = stackalloc byte[48];
        if (text.Length != ShareText || Encoding.ASCII.GetBytes(text, ascii) != ShareText
            || !AgeFormat.TryDecodeBase64(ascii, bytes, out var length) || length != share.Length)
            return false;
        bytes[..length].CopyTo(share);
        Span<byte> any = stackalloc byte[AgeFormat.KeySize];
        any.Fill(0x42);
        Span<byte> shared = stackalloc byte[AgeFormat.KeySize];
        return Primitives.Keys.X25519.TryAgree(any, share, shared); // small order: the specification says abort
    }
}
