using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A retention rule; null: any brane or kind, or nothing said.</summary>
internal sealed record RuleAnswer(string? Brane, string? Kind, long? KeepLast, long? KeepForMs, long? ColdAfterMs)
    : IAnswer<RuleAnswer>
{
    public static RuleAnswer Read(JsonElement json) => new(
        json.Text("brane"), json.Text("kind"),
        json.Number("keep_last"), json.Number("keep_for_ms"),
        json.Number("cold_after_ms"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("brane", Brane);
        writer.WriteString("kind", Kind);
        if (KeepLast is { } last) writer.WriteNumber("keep_last", last);
        if (KeepForMs is { } keep) writer.WriteNumber("keep_for_ms", keep);
        if (ColdAfterMs is { } cold) writer.WriteNumber("cold_after_ms", cold);
    }
}

/// <summary>What a collection would do now. Bytes and milliseconds.</summary>
/// <param name="Doubt">Why the clock is not believed, and so nothing would go; null where it is.</param>
/// <param name="Expiring">Live artifacts that retention would remove first.</param>
/// <param name="DeadObjects">Objects that nothing needs.</param>
/// <param name="DeadBytes">Their bytes.</param>
/// <param name="Drop">Blocks that would be dropped as they are.</param>
/// <param name="Rewrite">Blocks whose living rest would move first.</param>
/// <param name="MoveBytes">Bytes of that rest.</param>
/// <param name="FreeBytes">Bytes a run now would free.</param>
/// <param name="GraceBytes">Dead bytes that wait.</param>
/// <param name="GraceLeftMs">Running time until the newest mark is ripe.</param>
internal sealed record CollectPlanAnswer(
    string? Doubt, long Expiring, long DeadObjects, long DeadBytes, long Drop, long Rewrite, long MoveBytes,
    long FreeBytes, long GraceBytes, long GraceLeftMs) : IAnswer<CollectPlanAnswer>
{
    public static CollectPlanAnswer Read(JsonElement json) => new(
        json.Text("doubt"), json.NeedNumber("expiring"), json.NeedNumber("dead_objects"),
        json.NeedNumber("dead_bytes"), json.NeedNumber("blocks_drop"), json.NeedNumber("blocks_rewrite"),
        json.NeedNumber("move_bytes"), json.NeedNumber("free_bytes"), json.NeedNumber("grace_bytes"),
        json.NeedNumber("grace_left_ms"));

    public void Write(Utf8JsonWriter writer)
    {
        if (Doubt is not null) writer.WriteString("doubt", Doubt);
        writer.WriteNumber("expiring", Expiring);
        writer.WriteNumber("dead_objects", DeadObjects);
        writer.WriteNumber("dead_bytes", DeadBytes);
        writer.WriteNumber("blocks_drop", Drop);
        writer.WriteNumber("blocks_rewrite", Rewrite);
        writer.WriteNumber("move_bytes", MoveBytes);
        writer.WriteNumber("free_bytes", FreeBytes);
        writer.WriteNumber("grace_bytes", GraceBytes);
        writer.WriteNumber("grace_left_ms", GraceLeftMs);
    }
}

/// <summary>Why a block stays, or how it goes.</summary>
/// <param name="Block">`blk:…`.</param>
/// <param name="Here">Whether its bytes are on this disk.</param>
/// <param name="Rule">`held`, `pinned`, `live`, `referenced`, `in-flight`, `grace`, `filled`, `rewrite`,
/// `drop`.</param>
/// <param name="Objects">Records in it.</param>
/// <param name="Dead">Those that nothing needs.</param>
/// <param name="Bytes">Bytes of records.</param>
/// <param name="DeadBytes">Bytes of those that nothing needs.</param>
/// <param name="For">`key:…` of one artifact for whose sake it stays, or null.</param>
internal sealed record BlockAnswer(
    string Block, bool Here, string Rule, long Objects, long Dead, long Bytes, long DeadBytes, string? For)
    : IAnswer<BlockAnswer>
{
    public static BlockAnswer Read(JsonElement json) => new(
        json.Need("block"), json.Flag("here"), json.Need("rule"), json.NeedNumber("objects"),
        json.NeedNumber("dead"), json.NeedNumber("bytes"), json.NeedNumber("dead_bytes"),
        json.Text("for"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("block", Block);
        writer.WriteBoolean("here", Here);
        writer.WriteString("rule", Rule);
        writer.WriteNumber("objects", Objects);
        writer.WriteNumber("dead", Dead);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteNumber("dead_bytes", DeadBytes);
        if (For is not null) writer.WriteString("for", For);
    }
}

/// <summary>What a collection did. Bytes.</summary>
internal sealed record CollectAnswer(
    long Removed, long BlocksDropped, long BytesMoved, long BytesFreed, long GraceBytes)
    : IAnswer<CollectAnswer>
{
    public static CollectAnswer Read(JsonElement json) => new(
        json.NeedNumber("removed"), json.NeedNumber("blocks_dropped"), json.NeedNumber("bytes_moved"),
        json.NeedNumber("bytes_freed"), json.NeedNumber("grace_bytes"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("removed", Removed);
        writer.WriteNumber("blocks_dropped", BlocksDropped);
        writer.WriteNumber("bytes_moved", BytesMoved);
        writer.WriteNumber("bytes_freed", BytesFreed);
        writer.WriteNumber("grace_bytes", GraceBytes);
    }
}

/// <summary>How many blocks became fewer, and bytes of blocks now.</summary>
internal sealed record RepackAnswer(long Fewer, long Blocks, long BlockBytes) : IAnswer<RepackAnswer>
{
    public static RepackAnswer Read(JsonElement json) =>
        new(json.NeedNumber("fewer"), json.NeedNumber("blocks"), json.NeedNumber("block_bytes"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("fewer", Fewer);
        writer.WriteNumber("blocks", Blocks);
        writer.WriteNumber("block_bytes", BlockBytes);
    }
}
