namespace Omega.P2P.Storage.Documents;

/// <summary>Bounds of a <see cref="DocumentStore"/>. Origin of each default: guess, unless it says otherwise.</summary>
public sealed record DocumentLimits
{
    /// <summary>Longest key in bytes of UTF-8 (storage contract).</summary>
    public int KeyBytesMax { get; init; } = 256;

    /// <summary>Longest value in bytes (storage contract).</summary>
    public int ValueBytesMax { get; init; } = 1 << 20;

    /// <summary>Most bytes of one commit; a larger one is refused before anything is written.</summary>
    public int CommitBytesMax { get; init; } = 64 << 20;

    /// <summary>Most bytes of all documents together; a put beyond it is refused.</summary>
    public long LiveBytesMax { get; init; } = 256 << 20;

    /// <summary>A journal shorter than this, in bytes, is never compacted.</summary>
    public int CompactionBytesMin { get; init; } = 1 << 20;

    /// <summary>A journal is compacted when it is this many times longer than what is live in it.</summary>
    public int CompactionRatio { get; init; } = 4;

    /// <summary>Longest journal that is opened, in bytes (the state is held in memory).</summary>
    public int JournalBytesMax { get; init; } = 1 << 30;
}
