using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>Bytes of an artifact at one place.</summary>
/// <param name="Place">`blk:…`, or `log`.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Tier">`hot`, `warm`, `cold` or `archive`.</param>
/// <param name="RestoreStatus">`here` or `needs-holder`.</param>
internal sealed record LocationAnswer(string Place, long Bytes, string Tier, string RestoreStatus)
    : IAnswer<LocationAnswer>
{
    public static LocationAnswer Read(JsonElement json) => new(
        json.Need("place"), json.NeedNumber("bytes"), json.Need("tier"), json.Need("restore_status"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("place", Place);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteString("tier", Tier);
        writer.WriteString("restore_status", RestoreStatus);
    }
}

/// <summary>Where an artifact's bytes lie, why they stay, what frees them.</summary>
/// <param name="Cid">`b3:…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="Kept">Whether anything keeps its content.</param>
/// <param name="Keepers">What does, one sentence each.</param>
/// <param name="Frees">What would free it, one sentence.</param>
/// <param name="Locations">Where its bytes are, or were.</param>
internal sealed record WhyAnswer(
    string Cid, string Key, bool Kept, IReadOnlyList<string> Keepers, string Frees,
    IReadOnlyList<LocationAnswer> Locations) : IAnswer<WhyAnswer>
{
    public static WhyAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("key"), json.Flag("kept"), json.Texts("keepers"), json.Need("frees"),
        [.. json.Objects("locations").Select(LocationAnswer.Read)]);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("key", Key);
        writer.WriteBoolean("kept", Kept);
        writer.Texts("keepers", Keepers);
        writer.WriteString("frees", Frees);
        writer.Objects("locations", Locations);
    }
}

/// <summary>How the scrub stands. Bytes.</summary>
/// <param name="State">`idle`, `running` or `paused`.</param>
/// <param name="Done">Read in this pass, or the last.</param>
/// <param name="Total">Of all blocks here.</param>
/// <param name="Passes">Whole passes so far.</param>
/// <param name="Rate">Bytes a second.</param>
/// <param name="Ended">When the last whole pass ended, RFC 3339; null: never.</param>
/// <param name="Repairs">`blk:… code` of blocks that want repair.</param>
internal sealed record ScrubAnswer(
    string State, long Done, long Total, long Passes, long Rate, string? Ended, IReadOnlyList<string> Repairs)
    : IAnswer<ScrubAnswer>
{
    public static ScrubAnswer Read(JsonElement json) => new(
        json.Need("state"), json.NeedNumber("bytes_done"), json.NeedNumber("bytes_total"), json.NeedNumber("passes"),
        json.NeedNumber("rate"), json.Text("ended"), json.Texts("repairs"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("state", State);
        writer.WriteNumber("bytes_done", Done);
        writer.WriteNumber("bytes_total", Total);
        writer.WriteNumber("passes", Passes);
        writer.WriteNumber("rate", Rate);
        if (Ended is not null) writer.WriteString("ended", Ended);
        writer.Texts("repairs", Repairs);
    }
}
