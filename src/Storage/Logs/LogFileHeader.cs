using System.Buffers.Binary;
using System.Globalization;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Logs;

/// <summary>
/// First 64 bytes of a log file, little-endian: magic <c>ASLLOG1\n</c> (8), number of its first record (8), generation
/// (4), zero (4), chained hash of the record before (32), first 8 bytes of BLAKE3 of the 56 bytes before.
/// The file is named <c>log-&lt;first, 16 digits&gt;.asl</c>, from generation 1
/// <c>log-&lt;first&gt;.&lt;generation&gt;.asl</c>.
/// </summary>
internal readonly record struct LogFileHeader(long First, int Generation, Hash256 Previous)
{
    public const int Size = 64;

    private static ReadOnlySpan<byte> Magic => "ASLLOG1\n"u8;

    public string Name => Generation == 0
        ? string.Create(CultureInfo.InvariantCulture, $"log-{First:D16}.asl")
        : string.Create(CultureInfo.InvariantCulture, $"log-{First:D16}.{Generation}.asl");

    public static bool TryParseName(string name, out long first, out int generation)
    {
        first = 0;
        generation = 0;
        if (!name.StartsWith("log-", StringComparison.Ordinal) || !name.EndsWith(".asl", StringComparison.Ordinal))
        {
            return false;
        }

        var parts = name[4..^4].Split('.');
        return parts.Length is 1 or 2 && parts[0].Length == 16
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && (parts.Length == 1
                || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out generation));
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out LogFileHeader header)
    {
        header = default;
        if (bytes.Length < Size || !bytes[..8].SequenceEqual(Magic)
            || !Blake3.Hash(bytes[..56]).AsSpan()[..8].SequenceEqual(bytes.Slice(56, 8)))
        {
            return false;
        }

        header = new LogFileHeader(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            Hash256.From(bytes.Slice(24, 32)));
        return true;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), First);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Generation);
        Previous.CopyTo(bytes.AsSpan(24));
        Blake3.Hash(bytes.AsSpan(0, 56)).AsSpan()[..8].CopyTo(bytes.AsSpan(56));
        return bytes;
    }
}
