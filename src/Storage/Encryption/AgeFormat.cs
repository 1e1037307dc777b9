using System.Buffers;
using System.Buffers.Text;

namespace Omega.P2P.Storage.Encryption;

/// <summary>Numbers and spellings of age v1 (C2SP <c>age.md</c>).</summary>
public static class AgeFormat
{
    /// <summary>Plaintext bytes of every chunk but the last.</summary>
    public const int ChunkSize = 64 * 1024;

    /// <summary>Bytes that encryption adds to a chunk.</summary>
    public const int TagSize = 16;

    /// <summary>Longest header that is read, in bytes. The specification has no bound; 64 KiB hold about 600 X25519
    /// recipients (guess).</summary>
    public const int HeaderMax = 64 * 1024;

    internal const int KeySize = 32;
    internal const int FileKeySize = 16;
    internal const int PayloadNonceSize = 16;
    internal const int AeadNonceSize = 12;
    internal const int MacSize = 32;
    internal const int LineMax = 64;

    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    internal static ReadOnlySpan<byte> VersionLine => "age-encryption.org/v1"u8;

    internal static ReadOnlySpan<byte> VersionPrefix => "age-encryption.org/"u8;

    internal static ReadOnlySpan<byte> HeaderInfo => "header"u8;

    internal static ReadOnlySpan<byte> PayloadInfo => "payload"u8;

    internal static ReadOnlySpan<byte> X25519Info => "age-encryption.org/v1/X25519"u8;

    internal static ReadOnlySpan<byte> ArmorBegin => "-----BEGIN AGE ENCRYPTED FILE-----"u8;

    internal static ReadOnlySpan<byte> ArmorEnd => "-----END AGE ENCRYPTED FILE-----"u8;

    /// <summary>Whether bytes begin as an age file in its binary form does; shorter ones never.</summary>
    public static bool IsAge(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith(VersionLine) && bytes.Length > VersionLine.Length && bytes[VersionLine.Length] == '\n';

    /// <summary>Base 64 without padding, as the header has it; false for what is not canonical.</summary>
    internal static bool TryDecodeBase64(ReadOnlySpan<byte> text, Span<byte> bytes, out int written)
    {
        written = 0;
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
            return false;
        Span<byte> padded = stackalloc byte[LineMax + 4];
        if (text.Length > LineMax)
            return false;
        text.CopyTo(padded);
        var length = (text.Length + 3) / 4 * 4;
        padded[text.Length..length].Fill((byte)'=');
        return TryDecodePadded(padded[..length], bytes, out written);
    }

    /// <summary>One line of base 64 with padding, as armor has it; false for what is not canonical.</summary>
    internal static bool TryDecodePadded(ReadOnlySpan<byte> text, Span<byte> bytes, out int written)
    {
        Span<byte> again = stackalloc byte[LineMax + 4];
        written = 0;
        return text.Length <= again.Length
            && Base64.DecodeFromUtf8(text, bytes, out var consumed, out written) == OperationStatus.Done
            && consumed == text.Length
            && Base64.EncodeToUtf8(bytes[..written], again, out _, out var encoded) == OperationStatus.Done
            && again[..encoded].SequenceEqual(text); // stray bits and white space do not come back
    }

    /// <summary>Appends base 64 without padding.</summary>
    internal static void AppendBase64(ArrayBufferWriter<byte> target, ReadOnlySpan<byte> bytes)
    {
        var room = target.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        if (Base64.EncodeToUtf8(bytes, room, out _, out var written) != OperationStatus.Done)
            throw new InvalidOperationException("base 64 needs more room than computed");
        target.Advance(room[..written].TrimEnd((byte)'=').Length);
    }

    /// <summary>The nonce of a chunk: 11 bytes counter, big-endian, and whether it is the last.</summary>
    internal static void WriteNonce(Span<byte> nonce, ulong chunk, bool isLast)
    {
        nonce.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(nonce[3..11], chunk);
        nonce[11] = isLast ? (byte)1 : (byte)0;
    }
}
