using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Health;

/// <summary>
/// How far a scrub is and what it found: <c>health/scrub-&lt;generation, 16 digits&gt;</c>, the newest that can be read
/// counts. CBOR map <c>seed</c> (32), <c>cursor</c> (32), <c>passes</c>, <c>paused</c>, <c>running</c>, <c>bytes</c>,
/// <c>begun</c> and <c>ended</c> (Unix ms), <c>rate</c> (bytes a second), <c>repairs</c> (array of
/// <c>[block (32), code, ms]</c>), then BLAKE3 (32) of it. A lost one costs a pass from the beginning.
/// </summary>
internal sealed record ScrubState
{
    private const string Folder = "health";
    private const string Prefix = "scrub-";
    private const int FileMax = 1024 * 1024;

    /// <summary>Repairs remembered; more are found again by the next pass.</summary>
    public const int RepairsMax = 4096;

    /// <summary>Where nothing was ever scrubbed.</summary>
    public static ScrubState None { get; } = new();

    /// <summary>What orders the blocks of this pass.</summary>
    public Hash256 Seed { get; init; }

    /// <summary>Place in that order of the last block looked at.</summary>
    public Hash256 Cursor { get; init; }

    public long Passes { get; init; }

    public bool IsRunning { get; init; }

    public bool IsPaused { get; init; }

    public long BytesDone { get; init; }

    public long BegunMs { get; init; }

    public long EndedMs { get; init; }

    public long RateBytes { get; init; } = 32L * 1024 * 1024;

    public IReadOnlyList<RepairWanted> Repairs { get; init; } = [];

    public static ScrubState Read(IFileSystem files, out long generation)
    {
        generation = 0;
        IReadOnlyList<string> names = files.Exists(Folder) ? files.List(Folder) : [];
        foreach (var name in names.OrderDescending(StringComparer.Ordinal))
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && !DurableFiles.IsTemporary(name)
                && long.TryParse(name.AsSpan(Prefix.Length), out var number))
            {
                generation = Math.Max(generation, number);
                if (TryDecode(DurableFiles.ReadWhole(files, $"{Folder}/{name}", FileMax), out var state))
                {
                    return state;
                }
            }
        }

        return None;
    }

    /// <summary>Durable on return; older generations go.</summary>
    public void Write(IFileSystem files, long generation)
    {
        DurableFiles.CreateFolder(files, Folder);
        var name = $"{Prefix}{generation:D16}";
        DurableFiles.WriteWhole(files, $"{Folder}/{name}", Encode());
        foreach (var old in files.List(Folder).Where(old => old != name))
        {
            files.Delete($"{Folder}/{old}");
        }
    }

    private byte[] Encode()
    {
        var writer = new CborWriter(256);
        writer.WriteMapStart(10);
        writer.WriteKey("rate");
        writer.WriteUInt((ulong)RateBytes);
        writer.WriteKey("seed");
        writer.WriteBytes(Seed.AsSpan());
        writer.WriteKey("begun");
        writer.WriteUInt((ulong)BegunMs);
        writer.WriteKey("bytes");
        writer.WriteUInt((ulong)BytesDone);
        writer.WriteKey("ended");
        writer.WriteUInt((ulong)EndedMs);
        writer.WriteKey("cursor");
        writer.WriteBytes(Cursor.AsSpan());
        writer.WriteKey("passes");
        writer.WriteUInt((ulong)Passes);
        writer.WriteKey("paused");
        writer.WriteBool(IsPaused);
        writer.WriteKey("repairs");
        writer.WriteArrayStart(Repairs.Count);
        foreach (var repair in Repairs)
        {
            writer.WriteArrayStart(3);
            writer.WriteBytes(repair.Block.AsSpan());
            writer.WriteText(repair.Code);
            writer.WriteUInt((ulong)repair.FoundUnixMs);
        }

        writer.WriteKey("running");
        writer.WriteBool(IsRunning);
        var body = writer.ToArray();
        return [.. body, .. Blake3.Hash(body).AsSpan()];
    }

    private static bool TryDecode(byte[] bytes, [NotNullWhen(true)] out ScrubState? state)
    {
        state = null;
        if (bytes.Length < Hash256.Size)
        {
            return false;
        }

        var body = bytes.AsSpan(0, bytes.Length - Hash256.Size);
        if (!Blake3.Hash(body).AsSpan().SequenceEqual(bytes.AsSpan(body.Length)))
        {
            return false;
        }

        var reader = new CborReader(body);
        var repairs = new List<RepairWanted>();
        if (!reader.TryReadMapStart(out var fields) || fields != 10
            || !reader.TryReadKey("rate"u8) || !reader.TryReadSize(out var rate)
            || !reader.TryReadKey("seed"u8) || !reader.TryReadHash(out var seed)
            || !reader.TryReadKey("begun"u8) || !reader.TryReadSize(out var begun)
            || !reader.TryReadKey("bytes"u8) || !reader.TryReadSize(out var done)
            || !reader.TryReadKey("ended"u8) || !reader.TryReadSize(out var ended)
            || !reader.TryReadKey("cursor"u8) || !reader.TryReadHash(out var cursor)
            || !reader.TryReadKey("passes"u8) || !reader.TryReadSize(out var passes)
            || !reader.TryReadKey("paused"u8) || !reader.TryReadBool(out var isPaused)
            || !reader.TryReadKey("repairs"u8) || !TryReadRepairs(ref reader, repairs)
            || !reader.TryReadKey("running"u8) || !reader.TryReadBool(out var isRunning) || !reader.TryFinish())
        {
            return false;
        }

        state = new ScrubState
        {
            Seed = seed,
            Cursor = cursor,
            Passes = passes,
            IsRunning = isRunning,
            IsPaused = isPaused,
            BytesDone = done,
            BegunMs = begun,
            EndedMs = ended,
            RateBytes = rate,
            Repairs = repairs,
        };
        return true;
    }

    private static bool TryReadRepairs(ref CborReader reader, List<RepairWanted> repairs)
    {
        if (!reader.TryReadArrayStart(out var count) || count > RepairsMax)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadArrayStart(out var three) || three != 3 || !reader.TryReadHash(out var block)
                || !reader.TryReadText(64, out var code) || !reader.TryReadSize(out var found))
            {
                return false;
            }

            repairs.Add(new RepairWanted(BlockId.From(block), code, found));
        }

        return true;
    }
}

/// <summary>A block whose bytes on this disk are not what its name says: a holder of the block, or of its contents, can
/// mend it.</summary>
/// <param name="Block">Its name.</param>
/// <param name="Code">As <see cref="Recovery.VerifyFinding"/> tells it.</param>
/// <param name="FoundUnixMs">When a scrub came upon it.</param>
public sealed record RepairWanted(BlockId Block, string Code, long FoundUnixMs);

/// <summary>How a scrub stands. Bytes; milliseconds since 1970.</summary>
public sealed record ScrubStatus
{
    /// <summary><c>idle</c>, <c>running</c> or <c>paused</c>.</summary>
    public required string State { get; init; }

    /// <summary>Bytes of blocks read in this pass, or the last.</summary>
    public long BytesDone { get; init; }

    /// <summary>Bytes of all blocks here.</summary>
    public long BytesTotal { get; init; }

    /// <summary>Whole passes so far.</summary>
    public long Passes { get; init; }

    /// <summary>When this pass began; 0: none ever.</summary>
    public long BegunUnixMs { get; init; }

    /// <summary>When the last whole pass ended; 0: none ever.</summary>
    public long EndedUnixMs { get; init; }

    /// <summary>Bytes a second it may read.</summary>
    public long RateBytes { get; init; }

    /// <summary>Blocks that want repair.</summary>
    public IReadOnlyList<RepairWanted> Repairs { get; init; } = [];
}
