using System.Text;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Encryption;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Recovery;
using Omega.P2P.Storage.Schemas;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>Files: our own, whose checks are made good again after each change so that what is behind them is reached
/// (a disk's rot hardly does that; a restored copy of somebody else's files does), and files that people hand us.
/// </summary>
internal static class DiskTargets
{
    private static readonly SeededRandom Random = new(11);
    private static readonly AgeIdentity Identity = AgeIdentity.Generate(Random);

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("document-frame", [Operations()], Document),
        new("store-checkpoint", [Checkpoint().Encode()],
            i => StoreCheckpoint.TryDecode(i, out var read) ? FuzzRun.Same(i, read!.Encode()) : "refused")
        {
            AllocationPerByte = 512,
        },
        new("segment-footer", [Footer().Encode(Top)], Segment),
        new("block-directory", [Directory().Encode()], Block),
        new("log-file-header", [new LogFileHeader(7, 1, Blake3.Hash([1])).ToArray()], LogHeader),
        new("log-frame", [Frame()], Frame),
        new("age", [Encrypted("abc"u8), Encrypted([]), Armored()], Decrypt)
        {
            AllocationBase = 256 * 1024, AllocationPerByte = 512,
        },
        new("schema", [.. Schemas.Select(Encoding.UTF8.GetBytes)],
            i => !SchemaValidator.Instance.TryCompile(i, out var schema, out var error)
                ? FuzzRun.Refused(error.Message) : schema.Check(Meta) is null ? "kept" : "broken")
        {
            // A pattern becomes an automaton of the runtime's own. A schema may call itself 256 times; the runtime's
            // own threads have 1.5 MiB for it.
            StackBytes = 1024 * 1024, AllocationBase = 8 * 1024 * 1024, AllocationPerByte = 16 * 1024, InputMax = 1024,
        },
    ];

    private static readonly string[] Schemas =
    [
        """{"type":"object","required":["a"],"properties":{"a":{"type":"integer","minimum":1}},"$defs":{"x":true}}""",
        """{"$ref":"#/$defs/x","$defs":{"x":{"enum":[1,"b",null],"pattern":"^[a-z]{1,8}$"}}}""",
        """{"anyOf":[{"items":{"maxLength":3}},{"not":{"const":{"a":[1.5,false]}}}],"dependentRequired":{"a":["b"]}}""",
    ];

    private static readonly CborValue.Map Meta = Read("""{"a":7,"b":"text","c":[true,1.5,null]}""");

    private static readonly byte[] Top = new byte[2 * (IndexTables.FenceLength(IndexTable.Blocks) + 4)];

    private static CborValue.Map Read(string json) =>
        CborValue.FromJson(Encoding.UTF8.GetBytes(json), out var value, out var error) && value is CborValue.Map map
            ? map : throw new InvalidOperationException(error.ToString());

    private static byte[] Operations()
    {
        var payload = new MemoryStream();
        DocumentFrame.Write(payload, "peers/one", [1, 2, 3]);
        DocumentFrame.Write(payload, "peers/two", null);
        return payload.ToArray();
    }

    private static string Document(ReadOnlySpan<byte> input)
    {
        var frame = new byte[DocumentFrame.HeaderLength + input.Length];
        input.CopyTo(frame.AsSpan(DocumentFrame.HeaderLength));
        DocumentFrame.Seal(frame, 3);
        if (!DocumentFrame.IsWhole(frame, 3, new DocumentLimits(), out var length) || length != frame.Length)
            throw new FuzzFinding("a sealed frame is not whole");
        var payload = (ReadOnlySpan<byte>)frame.AsSpan(DocumentFrame.HeaderLength);
        var again = new MemoryStream();
        var operations = 0;
        while (DocumentFrame.TryRead(ref payload, out var key, out var value))
        {
            operations++;
            DocumentFrame.Write(again, key, value);
        }

        return FuzzRun.Same(input[..^payload.Length], again.ToArray())
            + $" {Math.Min(operations, 3)} {payload.IsEmpty}";
    }

    private static StoreCheckpoint Checkpoint() => new()
    {
        Files = [new LogFileNote("log-0000000000000001.asl", 3, 900, [(2, 100)])],
        Moved = [(ClassTag.From(new byte[ClassTag.Size]), 5)],
        NextBlock = 4,
        Blocks = new BlockTotals(3, 1, 4096, 0),
        Epochs = [new EpochResume(1, 2, Blake3.Hash([3]), new byte[] { 0xa0 })],
        Classes = [("public", null), ("peers", "t")],
        WaitingFrom = 2,
        Artifacts = 3,
        Audiences = ["public"],
    };

    private static SegmentFooter Footer() => new()
    {
        Table = IndexTable.Blocks,
        Entries = 10,
        Tombstones = 1,
        Through = 9,
        DataPages = 1,
        FencePages = 1,
        FilterPages = 1,
        Pages = 4,
        TopLength = Top.Length,
        PagesHash = Blake3.Hash([5]),
    };

    private static string Segment(ReadOnlySpan<byte> input)
    {
        var bytes = Sized(input, SegmentFooter.Size);
        using var hasher = Blake3Hasher.Create();
        hasher.Update(Top);
        hasher.Update(bytes.AsSpan(0, 96));
        hasher.Finish().CopyTo(bytes.AsSpan(96));
        return $"{SegmentFooter.TopLengthOf(bytes) >= 0} {SegmentFooter.TryDecode(bytes, Top, out var footer)} "
            + $"{footer.Table}";
    }

    private static BlockDirectory Directory() => new(
        ClassTag.From(new byte[ClassTag.Size]), 300,
        [
            new BlockEntry(Blake3.Hash([1]), 0, 100, BlockCodec.Raw),
            new BlockEntry(Blake3.Hash([2]), 100, 200, BlockCodec.ChunkList),
        ]);

    private static string Block(ReadOnlySpan<byte> input)
    {
        if (input.Length < BlockDirectory.TrailerSize)
            return BlockDirectory.TryDecode(input, out _) ? throw new FuzzFinding("shorter than a trailer") : "short";
        var bytes = input.ToArray();
        Blake3.Hash(bytes.AsSpan(0, bytes.Length - 24)).AsSpan()[..24].CopyTo(bytes.AsSpan(bytes.Length - 24));
        if (!BlockDirectory.TryDecode(bytes, out var read))
            return BlockDirectory.TryReadLength(bytes.AsSpan()[^BlockDirectory.TrailerSize..], out _)
                ? "length" : "refused";
        var end = read!.Entries.Count == 0 ? 0 : (long)read.Entries[^1].Offset + read.Entries[^1].Length;
        return end > read.PayloadLength
            ? throw new FuzzFinding("an entry ends behind the payload")
            : "ok";
    }

    private static string LogHeader(ReadOnlySpan<byte> input)
    {
        var bytes = Sized(input, LogFileHeader.Size);
        Blake3.Hash(bytes.AsSpan(0, 56)).AsSpan()[..8].CopyTo(bytes.AsSpan(56));
        if (!LogFileHeader.TryRead(bytes, out var header))
            return "refused";
        var isNamed = LogFileHeader.TryParseName(header.Name, out var first, out var generation);
        return isNamed && (first, generation) == (header.First, header.Generation) ? "ok" : "no name";
    }

    private static byte[] Frame()
    {
        var bytes = new byte[LogFrame.HeaderSize];
        new LogFrame { RecordLength = 9, InlineLength = 3, Flags = 1, InlineCheck = 7, Hash = Blake3.Hash([1]) }
            .Write(bytes);
        return bytes;
    }

    private static string Frame(ReadOnlySpan<byte> input)
    {
        var bytes = Sized(input, LogFrame.HeaderSize);
        if (!LogFrame.TryRead(bytes, 1 << 20, out var frame))
            return "refused";
        var again = new byte[LogFrame.HeaderSize];
        frame.Write(again);
        return frame.Length < 0 ? throw new FuzzFinding("a frame of negative length") : FuzzRun.Same(bytes, again);
    }

    private static byte[] Encrypted(ReadOnlySpan<byte> text)
    {
        using var encryptor = new AgeEncryptor([Identity.Recipient], Random);
        var sealedText = new byte[text.Length + AgeFormat.TagSize];
        encryptor.Seal(text, isLast: true, sealedText);
        return [.. encryptor.Prologue.Span, .. sealedText];
    }

    private static byte[] Armored()
    {
        var text = new StringBuilder("-----BEGIN AGE ENCRYPTED FILE-----\n");
        foreach (var line in Convert.ToBase64String(Encrypted("armored"u8)).Chunk(64))
            text.Append(line).Append('\n');
        return Encoding.ASCII.GetBytes(text.Append("-----END AGE ENCRYPTED FILE-----\n").ToString());
    }

    private static string Decrypt(ReadOnlySpan<byte> input)
    {
        var bytes = 0;
        using var decryptor = new AgeDecryptor([Identity], piece => bytes += piece.Length);
        var step = Math.Max(1, input.Length / 3);
        for (var rest = input; !rest.IsEmpty; rest = rest[Math.Min(step, rest.Length)..])
        {
            if (!decryptor.Write(rest[..Math.Min(step, rest.Length)]))
                break;
        }

        return decryptor.Finish() ? $"ok {bytes}" : $"{decryptor.Error.Fault}";
    }

    private static byte[] Sized(ReadOnlySpan<byte> input, int size)
    {
        var bytes = new byte[size];
        input[..Math.Min(size, input.Length)].CopyTo(bytes);
        return bytes;
    }
}
