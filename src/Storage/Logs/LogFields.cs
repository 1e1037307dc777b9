using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Logs;

/// <summary>
/// The fields a log record may have, of which each kind uses some: one canonical order to write and one loop to read.
/// </summary>
internal sealed class LogFields
{
    private const int TextMax = 1024;

    public long? At { get; set; }

    public Hash256? Key { get; set; }

    public Hash256? Hash { get; set; }

    public IReadOnlyList<Hash256>? Keys { get; set; }

    public string Kind { get; set; } = "";

    public byte[]? Leaf { get; set; }

    public string? Name { get; set; }

    public string? Text { get; set; }

    public string? Type { get; set; }

    public string? Brane { get; set; }

    public byte[]? Entry { get; set; }

    public ClassTag? Moved { get; set; }

    public IReadOnlyList<Hash256>? Blocks { get; set; }

    public IReadOnlyList<InlineObject>? Inline { get; set; }

    public long? Length { get; set; }

    public long? Number { get; set; }

    public Hash256? Source { get; set; }

    public string? Tenant { get; set; }

    public long? Running { get; set; }

    public long? Through { get; set; }

    public string? Audience { get; set; }

    public long? KeepFor { get; set; }

    public long? KeepLast { get; set; }

    public long? ColdAfter { get; set; }

    public byte[] Encode()
    {
        var writer = CborWriter.Rent();
        writer.WriteMapStart(Put(null));
        Put(writer);
        return writer.ToArrayAndReturn();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out LogFields fields)
    {
        fields = new LogFields();
        var reader = new CborReader(bytes);
        if (!reader.TryReadMapStart(out var count))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadKey(out var key) || !fields.TryReadValue(key, ref reader))
            {
                return false;
            }
        }

        return reader.TryFinish();
    }

    /// <summary>Writes the fields that are there, or only counts them. Length first, then bytewise: the canonical
    /// order of the keys.</summary>
    private int Put(CborWriter? to) =>
        Put(to, "at"u8, At) + Put(to, "key"u8, Key) + Put(to, "hash"u8, Hash) + Put(to, "keys"u8, Keys)
        + Put(to, "kind"u8, Kind) + Put(to, "leaf"u8, Leaf) + Put(to, "name"u8, Name) + Put(to, "text"u8, Text)
        + Put(to, "type"u8, Type) + Put(to, "brane"u8, Brane) + Put(to, "entry"u8, Entry) + PutMoved(to)
        + Put(to, "blocks"u8, Blocks) + PutInline(to) + Put(to, "length"u8, Length) + Put(to, "number"u8, Number)
        + Put(to, "source"u8, Source) + Put(to, "tenant"u8, Tenant) + Put(to, "running"u8, Running)
        + Put(to, "through"u8, Through) + Put(to, "audience"u8, Audience) + Put(to, "keep_for"u8, KeepFor)
        + Put(to, "keep_last"u8, KeepLast) + Put(to, "cold_after"u8, ColdAfter);

    private static int Put(CborWriter? to, ReadOnlySpan<byte> key, long? value)
    {
        if (value is not { } number)
        {
            return 0;
        }

        to?.WriteKey(key);
        to?.WriteUInt((ulong)number);
        return 1;
    }

    private static int Put(CborWriter? to, ReadOnlySpan<byte> key, Hash256? value)
    {
        if (value is not { } hash)
        {
            return 0;
        }

        to?.WriteKey(key);
        to?.WriteBytes(hash.AsSpan());
        return 1;
    }

    private static int Put(CborWriter? to, ReadOnlySpan<byte> key, string? value)
    {
        if (value is null)
        {
            return 0;
        }

        to?.WriteKey(key);
        to?.WriteText(value);
        return 1;
    }

    private static int Put(CborWriter? to, ReadOnlySpan<byte> key, byte[]? value)
    {
        if (value is null)
        {
            return 0;
        }

        to?.WriteKey(key);
        to?.WriteBytes(value);
        return 1;
    }

    private static int Put(CborWriter? to, ReadOnlySpan<byte> key, IReadOnlyList<Hash256>? hashes)
    {
        if (hashes is null)
        {
            return 0;
        }

        if (to is not null)
        {
            to.WriteKey(key);
            WriteHashes(to, hashes);
        }

        return 1;
    }

    private int PutMoved(CborWriter? to)
    {
        if (Moved is not { } tag)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[ClassTag.Size];
        tag.CopyTo(bytes);
        to?.WriteKey("moved"u8);
        to?.WriteBytes(bytes);
        return 1;
    }

    private int PutInline(CborWriter? to)
    {
        if (Inline is null)
        {
            return 0;
        }

        if (to is not null)
        {
            to.WriteKey("inline"u8);
            WriteInline(to, Inline);
        }

        return 1;
    }

    private static void WriteHashes(CborWriter writer, IReadOnlyList<Hash256> hashes)
    {
        var packed = new byte[hashes.Count * Hash256.Size];
        for (var i = 0; i < hashes.Count; i++)
        {
            hashes[i].CopyTo(packed.AsSpan(i * Hash256.Size));
        }

        writer.WriteBytes(packed);
    }

    private static void WriteInline(CborWriter writer, IReadOnlyList<InlineObject> objects)
    {
        writer.WriteArrayStart(objects.Count);
        foreach (var inline in objects)
        {
            writer.WriteArrayStart(3);
            writer.WriteBytes(inline.Id.AsSpan());
            writer.WriteUInt((ulong)inline.Codec);
            writer.WriteUInt((ulong)inline.Length);
        }
    }

    private bool TryReadValue(ReadOnlySpan<byte> key, ref CborReader reader) =>
        System.Text.Encoding.UTF8.GetString(key) switch
        {
            "at" => TrySize(ref reader, v => At = v),
            "key" => TryHash(ref reader, v => Key = v),
            "hash" => TryHash(ref reader, v => Hash = v),
            "keys" => TryHashes(ref reader, v => Keys = v),
            "kind" => TryText(ref reader, v => Kind = v),
            "leaf" => TryBytes(ref reader, v => Leaf = v),
            "name" => TryText(ref reader, v => Name = v),
            "text" => TryText(ref reader, v => Text = v),
            "type" => TryText(ref reader, v => Type = v),
            "brane" => TryText(ref reader, v => Brane = v),
            "entry" => TryBytes(ref reader, v => Entry = v),
            "moved" => TryTag(ref reader),
            "blocks" => TryHashes(ref reader, v => Blocks = v),
            "inline" => TryInline(ref reader),
            "length" => TrySize(ref reader, v => Length = v),
            "number" => TrySize(ref reader, v => Number = v),
            "source" => TryHash(ref reader, v => Source = v),
            "tenant" => TryText(ref reader, v => Tenant = v),
            "running" => TrySize(ref reader, v => Running = v),
            "through" => TrySize(ref reader, v => Through = v),
            "audience" => TryText(ref reader, v => Audience = v),
            "keep_for" => TrySize(ref reader, v => KeepFor = v),
            "keep_last" => TrySize(ref reader, v => KeepLast = v),
            "cold_after" => TrySize(ref reader, v => ColdAfter = v),
            _ => reader.TrySkip(),
        };

    private static bool TrySize(ref CborReader reader, Action<long> set)
    {
        var read = reader.TryReadSize(out var value);
        set(value);
        return read;
    }

    private static bool TryText(ref CborReader reader, Action<string> set)
    {
        var read = reader.TryReadText(TextMax, out var value);
        set(value);
        return read;
    }

    private static bool TryHash(ref CborReader reader, Action<Hash256> set)
    {
        var read = reader.TryReadHash(out var value);
        set(value);
        return read;
    }

    private static bool TryBytes(ref CborReader reader, Action<byte[]> set)
    {
        var read = reader.TryReadBytes(out ReadOnlySpan<byte> value);
        set(value.ToArray());
        return read;
    }

    private static bool TryHashes(ref CborReader reader, Action<IReadOnlyList<Hash256>> set)
    {
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> packed) || packed.Length % Hash256.Size != 0)
        {
            return false;
        }

        var hashes = new Hash256[packed.Length / Hash256.Size];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = Hash256.From(packed.Slice(i * Hash256.Size, Hash256.Size));
        }

        set(hashes);
        return true;
    }

    private bool TryTag(ref CborReader reader)
    {
        if (!reader.TryReadBytes(ClassTag.Size, out var bytes))
        {
            return false;
        }

        Moved = ClassTag.From(bytes);
        return true;
    }

    private bool TryInline(ref CborReader reader)
    {
        if (!reader.TryReadArrayStart(out var count))
        {
            return false;
        }

        var objects = new InlineObject[count];
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadArrayStart(out var three) || three != 3 || !reader.TryReadHash(out var id)
                || !reader.TryReadUInt(out var codec) || codec > byte.MaxValue
                || !reader.TryReadSize(out var length) || length > int.MaxValue)
            {
                return false;
            }

            objects[i] = new InlineObject(id, (BlockCodec)codec, (int)length);
        }

        Inline = objects;
        return true;
    }
}
