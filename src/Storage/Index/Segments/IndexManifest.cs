using System.Globalization;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>A place in the local log.</summary>
/// <param name="Record">Number of the last record before it.</param>
/// <param name="Chain">Hash of that record, which chains all before it.</param>
internal readonly record struct LogPlace(long Record, Hash256 Chain);

/// <summary>A segment as a manifest names it; newer ones come first.</summary>
internal readonly record struct SegmentName(IndexTable Table, long Number);

/// <summary>
/// Which segments make the index, up to which place of the log, and what else replay would have told by then. Files
/// <c>index/manifest-&lt;16 digits&gt;</c>; the highest number counts, and it is believed whole or not at all:
/// <code>
/// CBOR { "log": [ record, chain (32) ], "next": number, "state": bytes, "segments": [ table, number, … ] }
/// 32 bytes: BLAKE3 of the CBOR
/// </code>
/// </summary>
internal sealed record IndexManifest(
    LogPlace Log, long NextNumber, IReadOnlyList<SegmentName> Segments, ReadOnlyMemory<byte> State)
{
    private const int SizeMax = 256 * 1024 * 1024;
    private const string Prefix = "manifest-";

    public static string NameOf(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D16}");

    public static bool TryParseName(string name, out long number)
    {
        number = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length == Prefix.Length + 16
            && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Reads the newest manifest; null where there is none.</summary>
    /// <exception cref="IndexDamagedException">It is not what was written.</exception>
    public static IndexManifest? ReadNewest(IFileSystem files, string folder, out long number)
    {
        number = 0;
        foreach (var name in files.List(folder))
        {
            if (TryParseName(name, out var found))
            {
                number = Math.Max(number, found);
            }
        }

        if (number == 0)
        {
            return null;
        }

        var path = $"{folder}/{NameOf(number)}";
        var bytes = DurableFiles.ReadWhole(files, path, SizeMax).AsSpan();
        return bytes.Length > Hash256.Size
            && Blake3.Hash(bytes[..^Hash256.Size]) == Hash256.From(bytes[^Hash256.Size..])
            && TryDecode(bytes[..^Hash256.Size], out var manifest)
                ? manifest
                : throw new IndexDamagedException($"{path} is damaged");
    }

    public byte[] Encode()
    {
        var writer = new CborWriter(State.Length + 64 * (Segments.Count + 4));
        writer.WriteMapStart(4);
        writer.WriteKey("log");
        writer.WriteArrayStart(2);
        writer.WriteUInt((ulong)Log.Record);
        writer.WriteBytes(Log.Chain.AsSpan());
        writer.WriteKey("next");
        writer.WriteUInt((ulong)NextNumber);
        writer.WriteKey("state");
        writer.WriteBytes(State.Span);
        writer.WriteKey("segments");
        writer.WriteArrayStart(2 * Segments.Count);
        foreach (var (table, number) in Segments)
        {
            writer.WriteUInt((ulong)table);
            writer.WriteUInt((ulong)number);
        }

        var written = writer.ToArray();
        return [.. written, .. Blake3.Hash(written).AsSpan()];
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out IndexManifest? manifest)
    {
        manifest = null;
        var reader = new CborReader(bytes);
        ulong record = 0;
        ulong next = 0;
        var chain = default(Hash256);
        var state = ReadOnlySpan<byte>.Empty;
        var items = 0;
        if (!reader.TryReadMapStart(out var count) || count != 4
            || !reader.TryReadKey("log"u8) || !reader.TryReadArrayStart(out _)
            || !reader.TryReadUInt(out record) || !reader.TryReadHash(out chain)
            || !reader.TryReadKey("next"u8) || !reader.TryReadUInt(out next)
            || !reader.TryReadKey("state"u8) || !reader.TryReadBytes(out state)
            || !reader.TryReadKey("segments"u8) || !reader.TryReadArrayStart(out items))
        {
            return false;
        }

        var segments = new List<SegmentName>();
        for (var i = 0; i < items / 2; i++)
        {
            if (!reader.TryReadUInt(out var table) || !reader.TryReadUInt(out var number)
                || table >= IndexTables.Count)
            {
                return false;
            }

            segments.Add(new SegmentName((IndexTable)table, (long)number));
        }

        manifest = new IndexManifest(
            new LogPlace((long)record, chain), (long)next, segments, state.ToArray());
        return reader.TryFinish();
    }
}
