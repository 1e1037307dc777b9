using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A transfer under way.</summary>
/// <param name="Cid">The artifact that it is for, `b3:…`.</param>
/// <param name="Domain">What its domain is called here.</param>
/// <param name="Direction">`in`: to this node.</param>
/// <param name="Contents">Contents that were missing when it began.</param>
/// <param name="Bytes">Bytes that came and were proven.</param>
/// <param name="BytesWanted">Bytes that were missing when it began.</param>
/// <param name="Seconds">Since then.</param>
/// <param name="Holders">Who brings it, or does not.</param>
internal sealed record TransferAnswer(
    string Cid, string Domain, string Direction, int Contents, long Bytes, long BytesWanted, double Seconds,
    IReadOnlyList<HolderAnswer> Holders) : IAnswer<TransferAnswer>
{
    public static TransferAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("domain"), json.Need("direction"), (int)json.NeedNumber("contents"),
        json.NeedNumber("bytes"), json.NeedNumber("bytes_wanted"), json.Real("seconds"),
        [.. json.Objects("holders").Select(HolderAnswer.Read)]);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("domain", Domain);
        writer.WriteString("direction", Direction);
        writer.WriteNumber("contents", Contents);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteNumber("bytes_wanted", BytesWanted);
        writer.WriteNumber("seconds", Math.Round(Seconds, 3));
        writer.Objects("holders", Holders);
    }
}

/// <summary>What one peer has to do with a transfer.</summary>
/// <param name="Peer">Its PeerId.</param>
/// <param name="Name">What it is called here.</param>
/// <param name="Address">The far end of the link in use; null: none.</param>
/// <param name="Path">What the link runs over: `loopback`, `lan`, `wireguard`…; null: not known.</param>
/// <param name="Interface">The network interface that leads there; null: not known.</param>
/// <param name="State">`asking`, `not-held`, `holding`, `measuring`, `fetching`, `stalled`, `lying`, `away`.</param>
/// <param name="Bytes">Proven bytes that it brought.</param>
/// <param name="BytesPerSecond">Lately; of a transfer that is over, on average.</param>
/// <param name="Limit">What its bytes wait for: `disk` and `verification` are ours; `peer`, or, where nobody can tell,
/// `peer-or-link`; null: not known yet.</param>
internal sealed record HolderAnswer(
    string Peer, string Name, string? Address, string? Path, string? Interface, string State, long Bytes,
    long BytesPerSecond, string? Limit) : IAnswer<HolderAnswer>
{
    public static HolderAnswer Read(JsonElement json) => new(
        json.Need("peer"), json.Need("name"), json.Text("address"), json.Text("path"), json.Text("interface"),
        json.Need("state"), json.NeedNumber("bytes"), json.NeedNumber("bytes_per_second"), json.Text("limit"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("peer", Peer);
        writer.WriteString("name", Name);
        writer.WriteString("address", Address);
        writer.WriteString("path", Path);
        writer.WriteString("interface", Interface);
        writer.WriteString("state", State);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteNumber("bytes_per_second", BytesPerSecond);
        writer.WriteString("limit", Limit);
    }

    /// <summary>For people: the way there in one word or two.</summary>
    public string Way => Path is null ? "-" : Interface is null || Path == Interface ? Path : $"{Path} ({Interface})";

    /// <summary>For people: what it waits for.</summary>
    public string WaitsFor => Limit switch
    {
        "disk" => "our disk",
        "verification" => "our verification",
        "peer" => "the peer",
        "peer-or-link" => "the peer or the link",
        null => "-",
        _ => Limit,
    };
}
