using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Recovery;

/// <summary>
/// What replay would know at the place to which the index is sealed, beside the tables. CBOR, inside the manifest:
/// <code>
/// { "files": [ [ name, records, length, [ record, inline length, … ] ], … ], "moved": [ class tag (16), through, … ],
///   "blocks": [ next number, blocks, away, bytes here, unreadable ],
///   "epochs": [ [ epoch, size, root (32), last snapshot's leaf ], … ],
///   "classes": [ [ audience, tenant or null ], … ], "waiting": first record with waiting inline bytes or 0,
///   "artifacts": live ones, "audiences": [ name, … ] }
/// </code>
/// </summary>
internal sealed record StoreCheckpoint
{
    private const int TextMax = 4096;

    public required IReadOnlyList<LogFileNote> Files { get; init; }

    /// <summary>For each class, the record through which inline bytes have moved to blocks.</summary>
    public required IReadOnlyList<(ClassTag Class, long Through)> Moved { get; init; }

    public required int NextBlock { get; init; }

    /// <summary>All blocks in figures.</summary>
    public required BlockTotals Blocks { get; init; }

    public required IReadOnlyList<EpochResume> Epochs { get; init; }

    public required IReadOnlyList<(string Audience, string? Tenant)> Classes { get; init; }

    /// <summary>The first record whose inline bytes wait for a block; 0 where none do.</summary>
    public required long WaitingFrom { get; init; }

    public required long Artifacts { get; init; }

    /// <summary>Audiences something was ever published to.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    public byte[] Encode()
    {
        var writer = new CborWriter(4096);
        writer.WriteMapStart(8);
        writer.WriteKey("files");
        WriteAll(writer, Files, WriteFile);
        writer.WriteKey("moved");
        writer.WriteArrayStart(Moved.Count * 2);
        Span<byte> tag = stackalloc byte[ClassTag.Size];
        foreach (var (moved, through) in Moved)
        {
            moved.CopyTo(tag);
            writer.WriteBytes(tag);
            writer.WriteUInt((ulong)through);
        }

        writer.WriteKey("blocks");
        WriteAll(
            writer, [NextBlock, Blocks.Count, Blocks.Away, Blocks.BytesHere, Blocks.Unreadable],
            static (w, figure) => w.WriteUInt((ulong)figure));
        writer.WriteKey("epochs");
        WriteAll(writer, Epochs, static (w, epoch) =>
        {
            w.WriteArrayStart(4);
            w.WriteUInt((ulong)epoch.Epoch);
            w.WriteUInt((ulong)epoch.Size);
            w.WriteBytes(epoch.Root.AsSpan());
            w.WriteBytes(epoch.LastSnapshot.Span);
        });
        writer.WriteKey("classes");
        WriteAll(writer, Classes, WriteClass);
        writer.WriteKey("waiting");
        writer.WriteUInt((ulong)WaitingFrom);
        writer.WriteKey("artifacts");
        writer.WriteUInt((ulong)Artifacts);
        writer.WriteKey("audiences");
        WriteAll(writer, Audiences, static (w, audience) => w.WriteText(audience));
        return writer.ToArray();
    }

    /// <summary>Reads a checkpoint; false where it is none of ours.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out StoreCheckpoint? checkpoint)
    {
        checkpoint = null;
        var reader = new CborReader(bytes);
        var files = new List<LogFileNote>();
        var moved = new List<(ClassTag, long)>();
        var epochs = new List<EpochResume>();
        var classes = new List<(string, string?)>();
        var audiences = new List<string>();
        var blocks = new List<long>();
        long waiting = 0;
        long artifacts = 0;
        var good = reader.TryReadMapStart(out var count) && count == 8
            && reader.TryReadKey("files"u8) && TryReadAll(ref reader, files, TryReadFile)
            && reader.TryReadKey("moved"u8) && TryReadMoved(ref reader, moved)
            && reader.TryReadKey("blocks"u8)
            && TryReadAll(ref reader, blocks, static (ref CborReader r, out long figure) => r.TryReadSize(out figure))
            && blocks.Count == 5 && blocks[0] <= int.MaxValue
            && reader.TryReadKey("epochs"u8) && TryReadAll(ref reader, epochs, TryReadEpoch)
            && reader.TryReadKey("classes"u8) && TryReadAll(ref reader, classes, TryReadClass)
            && reader.TryReadKey("waiting"u8) && reader.TryReadSize(out waiting)
            && reader.TryReadKey("artifacts"u8) && reader.TryReadSize(out artifacts)
            && reader.TryReadKey("audiences"u8)
            && TryReadAll(
                ref reader, audiences, static (ref CborReader r, out string a) => r.TryReadText(TextMax, out a))
            && reader.TryFinish();
        checkpoint = !good ? null : new StoreCheckpoint
        {
            Files = files,
            Moved = moved,
            NextBlock = (int)blocks[0],
            Blocks = new BlockTotals(blocks[1], blocks[2], blocks[3], blocks[4]),
            Epochs = epochs,
            Classes = classes,
            WaitingFrom = waiting,
            Artifacts = artifacts,
            Audiences = audiences,
        };
        return good;
    }

    private static void WriteAll<T>(CborWriter writer, IReadOnlyList<T> items, Action<CborWriter, T> write)
    {
        writer.WriteArrayStart(items.Count);
        foreach (var item in items)
        {
            write(writer, item);
        }
    }

    private static void WriteFile(CborWriter writer, LogFileNote file)
    {
        writer.WriteArrayStart(4);
        writer.WriteText(file.Name);
        writer.WriteUInt((ulong)file.Count);
        writer.WriteUInt((ulong)file.Length);
        writer.WriteArrayStart(file.Inline.Count * 2);
        foreach (var (number, length) in file.Inline)
        {
            writer.WriteUInt((ulong)number);
            writer.WriteUInt((ulong)length);
        }
    }

    private static void WriteClass(CborWriter writer, (string Audience, string? Tenant) known)
    {
        writer.WriteArrayStart(2);
        writer.WriteText(known.Audience);
        if (known.Tenant is null)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteText(known.Tenant);
        }
    }

    private delegate bool TryReadItem<T>(ref CborReader reader, out T item);

    private static bool TryReadAll<T>(ref CborReader reader, List<T> items, TryReadItem<T> read)
    {
        if (!reader.TryReadArrayStart(out var count))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (!read(ref reader, out var item))
            {
                return false;
            }

            items.Add(item);
        }

        return true;
    }

    private static bool TryReadFile(ref CborReader reader, out LogFileNote file)
    {
        file = default;
        if (!reader.TryReadArrayStart(out var fields) || fields != 4 || !reader.TryReadText(TextMax, out var name)
            || !reader.TryReadSize(out var count) || !reader.TryReadSize(out var length)
            || !reader.TryReadArrayStart(out var items))
        {
            return false;
        }

        var inline = new List<(long, int)>(items / 2);
        for (var i = 0; i < items / 2; i++)
        {
            if (!reader.TryReadSize(out var number) || !reader.TryReadSize(out var bytes) || bytes > int.MaxValue)
            {
                return false;
            }

            inline.Add((number, (int)bytes));
        }

        file = new LogFileNote(name, count, length, inline);
        return true;
    }

    private static bool TryReadMoved(ref CborReader reader, List<(ClassTag Class, long Through)> moved)
    {
        if (!reader.TryReadArrayStart(out var items))
        {
            return false;
        }

        for (var i = 0; i < items / 2; i++)
        {
            if (!reader.TryReadBytes(ClassTag.Size, out var tag) || !reader.TryReadSize(out var through))
            {
                return false;
            }

            moved.Add((ClassTag.From(tag), through));
        }

        return true;
    }

    private static bool TryReadEpoch(ref CborReader reader, out EpochResume epoch)
    {
        epoch = new EpochResume(0, 0, default, default);
        if (!reader.TryReadArrayStart(out var fields) || fields != 4 || !reader.TryReadSize(out var number)
            || !reader.TryReadSize(out var size) || !reader.TryReadHash(out Hash256 root)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> snapshot))
        {
            return false;
        }

        epoch = new EpochResume(number, size, root, snapshot.ToArray());
        return true;
    }

    private static bool TryReadClass(ref CborReader reader, out (string Audience, string? Tenant) known)
    {
        known = ("", null);
        if (!reader.TryReadArrayStart(out var fields) || fields != 2
            || !reader.TryReadText(TextMax, out var audience))
        {
            return false;
        }

        string? tenant = null;
        if (reader.PeekKind() == CborKind.Null ? !reader.TryReadNull() : !reader.TryReadText(TextMax, out tenant))
        {
            return false;
        }

        known = (audience, tenant);
        return true;
    }
}
