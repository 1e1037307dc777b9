namespace Omega.P2P.Storage.Index.Segments;

/// <summary>The sorted tables of the index. The number is the shard's folder and a byte in every segment.</summary>
internal enum IndexTable : byte
{
    /// <summary>ArtifactKey (32), source DomainID (32) unless it is the store's own → the live artifact.</summary>
    Artifacts = 0,

    /// <summary>ContentId (32), then an artifact's key as above → nothing. Removed ones, too.</summary>
    Contents = 1,

    /// <summary>Milliseconds (8, big-endian), then a live artifact's key as above → nothing: the order of
    /// lists.</summary>
    Created = 2,

    /// <summary>Object id (32), 1 for a chunk list else 0, block number (4, big-endian) → its place there.</summary>
    Objects = 3,

    /// <summary>BlockId (32) → its number (4).</summary>
    Blocks = 4,

    /// <summary>Tree tag (16), ArtifactKey (32) → hash of the published entry and where the log has it.</summary>
    Published = 5,

    /// <summary>Tree tag (16), depth (1), path (0..32) → an inner node of a prefix tree.</summary>
    Tree = 6,

    /// <summary>An artifact's key as above → the removed artifact.</summary>
    Gone = 7,

    /// <summary>Tree tag (16), node hash (32) → the node's depth (1) and path.</summary>
    NodePlaces = 8,

    /// <summary>Record number (8, big-endian), piece (4, big-endian) → a piece of a log record that is replayed on
    /// every opening (manifests, epochs, pins, holds, rules): length of the record (4), record, inline bytes.
    /// </summary>
    Kept = 9,

    /// <summary>What happened (1), content or block id (32) → the record that did it (8), or nothing: who keeps it may
    /// have changed.</summary>
    Touched = 10,

    /// <summary>Content or artifact (32), kind of use (1) → whether its rows among the uses are all there.</summary>
    Accounts = 11,

    /// <summary>What is used (32), kind of use (1), who uses it (32) → nothing.</summary>
    Uses = 12,

    /// <summary>Object id (32), 1 for a chunk list else 0 → the record since which nothing needs it (8).</summary>
    Garbage = 13,

    /// <summary>As <see cref="Created"/>, of removed artifacts.</summary>
    GoneByAge = 14,

    /// <summary>SHA-256 (32), ContentId (32) → nothing: another name of the content.</summary>
    Digests = 15,

    /// <summary>A block's number (4, big-endian) → id, class, lengths, whether its bytes are here.</summary>
    BlockRows = 16,
}

/// <summary>What differs between the tables.</summary>
internal static class IndexTables
{
    public const int Count = 17;

    private const int TagLength = 16;

    /// <summary>Leading bytes of a key that its filter knows; 0 for a table without a filter. A search by prefix may
    /// use the filter when the prefix is at least this long.</summary>
    public static int FilterLength(IndexTable table) => table switch
    {
        IndexTable.Artifacts or IndexTable.Contents or IndexTable.Gone or IndexTable.Blocks => 32,
        IndexTable.Objects or IndexTable.Accounts or IndexTable.Uses or IndexTable.Garbage or IndexTable.Touched => 33,
        IndexTable.Published or IndexTable.NodePlaces => TagLength + 32,
        _ => 0,
    };

    /// <summary>Leading bytes of a page's first key that a fence keeps: few neighbours share them.</summary>
    public static int FenceLength(IndexTable table) => table switch
    {
        IndexTable.Created or IndexTable.GoneByAge => 16,
        IndexTable.Published or IndexTable.Tree => TagLength + 8,
        IndexTable.NodePlaces => TagLength + 8,
        _ => 8,
    };

    public static string FolderOf(IndexTable table) => $"shard-{(int)table:D3}";
}
