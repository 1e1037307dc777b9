using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>One artifact as `ls` shows it.</summary>
/// <param name="Cid">`b3:…`.</param>
/// <param name="CidV1">`bafkr4i…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="Domain">What the domain is called here.</param>
/// <param name="DomainId">`dom:…`.</param>
/// <param name="Kind">Its type tag.</param>
/// <param name="Brane">Who made it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="CreatedUnixMs">When it was received, Unix milliseconds; RFC 3339 under --json.</param>
/// <param name="Visibility">`internal`, an audience, or `public`.</param>
/// <param name="State">`local`, `partial` or `evicted`.</param>
internal sealed record ArtifactAnswer(
    string Cid,
    string CidV1,
    string Key,
    string Domain,
    string DomainId,
    string Kind,
    string Brane,
    long Size,
    long CreatedUnixMs,
    string Visibility,
    string State) : IAnswer<ArtifactAnswer>
{
    /// <summary>When it was removed, Unix milliseconds; null, and no field, where it is live.</summary>
    public long? RemovedUnixMs { get; init; }

    public static ArtifactAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("cidv1"), json.Need("key"), json.Need("domain"), json.Text("domain_id") ?? "",
        json.Need("kind"), json.Need("brane"), json.NeedNumber("size"), UnixMs(json.Need("created")),
        json.Need("visibility"), json.Need("state"))
    {
        RemovedUnixMs = json.Text("removed") is { } removed ? UnixMs(removed) : null,
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("cidv1", CidV1);
        writer.WriteString("key", Key);
        writer.WriteString("domain", Domain);
        writer.WriteString("domain_id", DomainId);
        writer.WriteString("kind", Kind);
        writer.WriteString("brane", Brane);
        writer.WriteNumber("size", Size);
        writer.WriteString("created", Figures.Time(CreatedUnixMs));
        writer.WriteString("visibility", Visibility);
        writer.WriteString("state", State);
        if (RemovedUnixMs is { } removed) writer.WriteString("removed", Figures.Time(removed));
    }

    private static long UnixMs(string time) =>
        DateTimeOffset.TryParse(time, out var parsed)
            ? parsed.ToUnixTimeMilliseconds()
            : throw new FormatException("the daemon's answer has a bad time");
}
