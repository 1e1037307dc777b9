using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Protocol.Omega;

// Bounded lists, as all Omega messages hold them. 
internal static class OmegaCbor
{
    public const string RefusedName = "refused";

    public delegate bool ItemReader<T>(ref CborReader reader, out T item);

    public static bool TryReadList<T>(
        ref CborReader reader, int countMax, ItemReader<T> readItem, out IReadOnlyList<T> items)
    {
        items = [];
        if (!reader.TryReadArrayStart(out var count) || count > countMax)
            return false;
        var read = new List<T>(Math.Min(count, 256));
        for (var i = 0; i < count; i++)
        {
            if (!readItem(ref reader, out var item))
                return false;
            read.Add(item);
        }
        items = read;
        return true;
    }

    public static bool TryReadBlob(ref CborReader reader, int bytesMax, out ReadOnlyMemory<byte> blob)
    {
        blob = default;
        if (!reader.TryReadBytes(out var bytes) || bytes.Length > bytesMax)
            return false;
        blob = bytes.ToArray();
        return true;
    }

    public static bool TryReadBlobs(
        ref CborReader reader, int countMax, int bytesMax, out IReadOnlyList<ReadOnlyMemory<byte>> blobs) =>
        TryReadList(
            ref reader,
            countMax,
            (ref CborReader r, out ReadOnlyMemory<byte> blob) => TryReadBlob(ref r, bytesMax, out blob),
            out blobs);

    public static bool TryReadTexts(
        ref CborReader reader, int countMax, int bytesMax, out IReadOnlyList<string> texts) =>
        TryReadList(
            ref reader, countMax, (ref CborReader r, out string text) => r.TryReadText(bytesMax, out text), out texts);

    // Hashes travel as one byte string of 32 n bytes.
    public static bool TryReadHashes(ref CborReader reader, int countMax, out IReadOnlyList<Hash256> hashes)
    {
        hashes = [];
        if (!reader.TryReadBytes(out var bytes) || bytes.Length % 32 != 0 || bytes.Length / 32 > countMax)
            return false;
        var read = new Hash256[bytes.Length / 32];
        for (var i = 0; i < read.Length; i++)
            read[i] = Hash256.From(bytes.Slice(i * 32, 32));
        hashes = read;
        return true;
    }

    public static void WriteHashes(CborWriter writer, IReadOnlyList<Hash256> hashes)
    {
        var bytes = new byte[hashes.Count * 32];
        for (var i = 0; i < hashes.Count; i++)
            hashes[i].CopyTo(bytes.AsSpan(i * 32));
        writer.WriteBytes(bytes);
    }

    public static void WriteBlobs(CborWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> blobs)
    {
        writer.WriteArrayStart(blobs.Count);
        foreach (var blob in blobs)
            writer.WriteBytes(blob.Span);
    }

    public static void WriteTexts(CborWriter writer, IReadOnlyList<string> texts)
    {
        writer.WriteArrayStart(texts.Count);
        foreach (var text in texts)
            writer.WriteText(text);
    }

    // A union is a map of one key, the case's name, whose value is a map of the case's fields.
    public static void BeginCase(CborWriter writer, string name, int fields)
    {
        writer.WriteMapStart(1);
        writer.WriteKey(name);
        writer.WriteMapStart(fields);
    }

    public static bool TryBeginCase(ref CborReader reader, out string name, out int fields)
    {
        name = "";
        fields = 0;
        if (!reader.TryReadMapStart(out var cases) || cases != 1 || !reader.TryReadKey(out var key))
            return false;
        if (key.Length > 16)
            return false;
        name = System.Text.Encoding.UTF8.GetString(key);
        return reader.TryReadMapStart(out fields);
    }

    // A bound or an order of our own that the reader knows nothing of shows as one code.
    public static DecodeError ErrorOf(ref CborReader reader, bool isDecoded)
    {
        if (isDecoded)
            return DecodeError.None;
        return reader.Error.IsNone
            ? new DecodeError("omega-message", "", "not a message of this protocol, or over a bound")
            : reader.Error;
    }
}
