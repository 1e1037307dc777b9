using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Chunking;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>What a disk gives back, which rots, and what peers hand over to be stored.</summary>
internal static class StorageTargets
{
    public static IEnumerable<FuzzTarget> All() =>
    [
        new("chunk-list-node", [new ListNode(0, Entries(3)).Encode()],
            i => ListNode.TryDecode(i, out var node, out var length)
                ? FuzzRun.Same(i[..length], node!.Encode()) : "refused"),
        new("chunk-list", [List().Encode()],
            i => ChunkList.TryDecode(i, out var list) ? FuzzRun.Same(i, list!.Encode()) : "refused"),
        new("import-frame", [ImportFrame.Of(0, [], []), ImportFrame.Of(40_000, Chunks(2), [Blake3.Hash([1])])],
            TakeFrame),
        new("log-record", [LogRecordCodec.Encode(new LogRecord.Drop([BlockId.From(Blake3.Hash([4]))]))],
            i => LogRecordCodec.TryDecode(i, out var record) ? "ok " + record!.GetType().Name : "refused")
        {
            AllocationPerByte = 256,
        },
        new("prepared-leaf", [new byte[] { 0xa0 }],
            i => PreparedLeaf.TryDecode(i, out var leaf, out var e)
                ? FuzzRun.Same(i, leaf.Encode()) : FuzzRun.Refused(e)),
    ];

    private static string TakeFrame(ReadOnlySpan<byte> input)
    {
        var (chunks, cvs, seen) = (new List<ImportedChunk>(), new List<Hash256>(), 0L);
        var rest = input;
        return ImportFrame.TryTake(ref rest, chunks, cvs, ref seen)
            ? FuzzRun.Same(input[..^rest.Length], ImportFrame.Of(seen, [.. chunks], cvs)) : "refused";
    }

    private static ImportedChunk[] Chunks(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new ImportedChunk(Blake3.Hash([(byte)i]), 20_000, i))];

    private static List<ListEntry> Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new ListEntry(Blake3.Hash([(byte)i]), 100 + i))];

    private static ChunkList List() =>
        new(Blake3.Hash([9]), 303, new ListNode(0, Entries(3)), new ListNode(0, Entries(1)));
}
