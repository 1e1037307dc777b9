using System.Buffers.Binary;
using System.Text;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Documents;

/// <summary>
/// One commit in a document journal. Integers are little-endian.
/// <code>
/// offset  length  field
///      0      32  BLAKE3 of everything behind it
///     32       4  marker 'O' 'D' 'F' '1'
///     36       4  length of the payload
///     40       8  sequence: 0 for the first frame of a file, one more for each next
///     48       8  first bytes of BLAKE3 of bytes 32..47, so that a length can be trusted where the payload cannot
///     56       …  payload: operations, each
///                   1 byte (1 put, 2 delete), 2 bytes key length, key in UTF-8,
///                   and for a put 4 bytes value length, value
/// </code>
/// </summary>
internal static class DocumentFrame
{
    public const int HeaderLength = 56;
    public const byte Put = 1;
    public const byte Delete = 2;
    private const uint Marker = 0x3146444f;
    private const int MarkerOffset = 32;
    private const int LengthOffset = 36;
    private const int SequenceOffset = 40;
    private const int HeaderCheckOffset = 48;
    private static readonly UTF8Encoding Utf8 = new(false, true);

    /// <summary>Fills in the header of a frame whose payload already lies behind it.</summary>
    public static void Seal(Span<byte> frame, ulong sequence)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame[MarkerOffset..], Marker);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[LengthOffset..], (uint)(frame.Length - HeaderLength));
        BinaryPrimitives.WriteUInt64LittleEndian(frame[SequenceOffset..], sequence);
        Blake3.Hash(frame[MarkerOffset..HeaderCheckOffset], frame[HeaderCheckOffset..HeaderLength]);
        Blake3.Hash(frame[MarkerOffset..], frame[..MarkerOffset]);
    }

    /// <summary>Appends one operation to a payload; <paramref name="value"/> is null for a delete.</summary>
    public static void Write(MemoryStream payload, string key, byte[]? value)
    {
        byte[] name = Utf8.GetBytes(key);
        Span<byte> head = stackalloc byte[3];
        head[0] = value is null ? Delete : Put;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], (ushort)name.Length);
        payload.Write(head);
        payload.Write(name);
        if (value is null)
            return;
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)value.Length);
        payload.Write(length);
        payload.Write(value);
    }

    /// <summary>Bytes an operation takes in a payload.</summary>
    public static int Size(string key, byte[]? value) =>
        3 + Utf8.GetByteCount(key) + (value is null ? 0 : 4 + value.Length);

    /// <summary>Length of a key in UTF-8, or -1 where it holds an unpaired surrogate.</summary>
    public static int KeyLength(string key)
    {
        try
        {
            return Utf8.GetByteCount(key);
        }
        catch (EncoderFallbackException)
        {
            return -1;
        }
    }

    /// <summary>
    /// Whether the bytes start with a header that fits its place: its own check, expected sequence, a
    /// length that can be.
    /// </summary>
    public static bool TryHeader(ReadOnlySpan<byte> bytes, ulong sequence, DocumentLimits limits, out int frameLength)
    {
        frameLength = 0;
        if (bytes.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes[MarkerOffset..]) != Marker)
            return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthOffset..]);
        if (length > (uint)limits.CommitBytesMax
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[SequenceOffset..]) != sequence)
            return false;
        Span<byte> check = stackalloc byte[HeaderLength - HeaderCheckOffset];
        Blake3.Hash(bytes[MarkerOffset..HeaderCheckOffset], check);
        frameLength = HeaderLength + (int)length;
        return check.SequenceEqual(bytes[HeaderCheckOffset..HeaderLength]);
    }

    /// <summary>Whether the bytes start with a whole frame of that sequence whose hash is right.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes, ulong sequence, DocumentLimits limits, out int frameLength)
    {
        if (!TryHeader(bytes, sequence, limits, out frameLength) || bytes.Length < frameLength)
            return false;
        Span<byte> hash = stackalloc byte[32];
        Blake3.Hash(bytes[MarkerOffset..frameLength], hash);
        return hash.SequenceEqual(bytes[..MarkerOffset]);
    }

    /// <summary>
    /// Takes the next operation off a payload. False where the payload is empty or does not parse (then
    /// <paramref name="payload"/> is left non-empty).
    /// </summary>
    public static bool TryRead(ref ReadOnlySpan<byte> payload, out string key, out byte[]? value)
    {
        (key, value) = ("", null);
        if (payload.Length < 3)
            return false;
        int keyLength = BinaryPrimitives.ReadUInt16LittleEndian(payload[1..]);
        int valueAt = 3 + keyLength;
        if (payload.Length < valueAt || !TryText(payload[3..valueAt], out key))
            return false;
        if (payload[0] == Delete)
        {
            payload = payload[valueAt..];
            return true;
        }

        if (payload[0] != Put || payload.Length < valueAt + 4)
            return false;
        uint valueLength = BinaryPrimitives.ReadUInt32LittleEndian(payload[valueAt..]);
        if ((uint)(payload.Length - valueAt - 4) < valueLength)
            return false;
        value = payload.Slice(valueAt + 4, (int)valueLength).ToArray();
        payload = payload[(valueAt + 4 + (int)valueLength)..];
        return true;
    }

    /// <summary>Where the first thing that looks like a frame starts; -1 where nothing does.</summary>
    public static int Find(ReadOnlySpan<byte> bytes) =>
        bytes.Length < HeaderLength ? -1 : bytes[MarkerOffset..].IndexOf("ODF1"u8);

    private static bool TryText(ReadOnlySpan<byte> bytes, out string text)
    {
        bool valid = System.Text.Unicode.Utf8.IsValid(bytes);
        text = valid ? Utf8.GetString(bytes) : "";
        return valid;
    }
}
