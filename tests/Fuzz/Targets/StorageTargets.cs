using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Chunking;
using Omega.P2P.Storage.History;
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
        new("log-record", [LogRecordCodec.Encode(new LogRecord.Drop([BlockId.From(Blake3.Hash([4]))]))],
            i => LogRecordCodec.TryDecode(i, out var record) ? "ok " + record!.GetType().Name : "refused")
        {
            AllocationPerByte = 256,
        },
        new("prepared-leaf", [new byte[] { 0xa0 }],
            i => PreparedLeaf.TryDecode(i, out var leaf, out var e)
                ? FuzzRun.Same(i, leaf.Encode()) : FuzzRun.Refused(e)),
    ];

    private static List<ListEntry> Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new ListEntry(Blake3.Hash([(byte)i]), 100 + i))];

    private static ChunkList List() =>
        new(Blake3.Hash([9]), 303, new ListNode(0, Entries(3)), new ListNode(0, Entries(1)));
}
