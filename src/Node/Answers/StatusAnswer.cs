using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A head's place in its domain's history.</summary>
internal sealed record HeadAnswer(long Epoch, long Size, string Root);

/// <summary>A domain followed here.</summary>
internal sealed record FollowedAnswer(
    string DomainId, string Name, string Owner, string State, int Artifacts, HeadAnswer? Head) : IAnswer<FollowedAnswer>
{
    public static FollowedAnswer Read(JsonElement json) => new(
        json.Need("domain_id"), json.Need("name"), json.Need("owner"), json.Need("state"),
        (int)json.NeedNumber("artifacts"), StatusAnswer.ReadHead(json));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("domain_id", DomainId);
        writer.WriteString("name", Name);
        writer.WriteString("owner", Owner);
        writer.WriteString("state", State);
        writer.WriteNumber("artifacts", Artifacts);
        StatusAnswer.WriteHead(writer, Head);
    }
}

/// <summary>How a node stands.</summary>
/// <param name="Peer">Its PeerId.</param>
/// <param name="Domain">The name its domain proposes.</param>
/// <param name="DomainId">`dom:…`.</param>
/// <param name="State">`ok`, `unconfirmed`, `rolled-back` or `read-only`.</param>
/// <param name="Head">The newest own head; null before the first.</param>
/// <param name="Current">Digest over all live artifacts; the same after any rebuild.</param>
/// <param name="Peers">Trusted peers.</param>
/// <param name="PeersConnected">Those with a link now.</param>
/// <param name="Artifacts">Live artifacts.</param>
/// <param name="BlockBytes">Bytes of blocks on disk.</param>
/// <param name="LogBytes">Bytes of the log on disk.</param>
/// <param name="Daemon">Whether a daemon answered.</param>
/// <param name="Listen">Addresses with /p2p/; empty without a daemon.</param>
/// <param name="Branes">Names bound in the authority manifest.</param>
/// <param name="Followed">Domains followed.</param>
internal sealed record StatusAnswer(
    string Peer,
    string Domain,
    string DomainId,
    string State,
    HeadAnswer? Head,
    string Current,
    int Peers,
    int PeersConnected,
    long Artifacts,
    long BlockBytes,
    long LogBytes,
    bool Daemon,
    IReadOnlyList<string> Listen,
    IReadOnlyList<string> Branes,
    IReadOnlyList<FollowedAnswer> Followed) : IAnswer<StatusAnswer>
{
    public static StatusAnswer Read(JsonElement json) => new(
        json.Need("peer"), json.Need("domain"), json.Need("domain_id"), json.Need("state"), ReadHead(json),
        json.Need("current"), (int)json.NeedNumber("peers"), (int)json.NeedNumber("peers_connected"),
        json.NeedNumber("artifacts"), json.NeedNumber("block_bytes"), json.NeedNumber("log_bytes"),
        json.Flag("daemon"), json.Texts("listen"), json.Texts("branes"),
        [.. json.Objects("followed").Select(FollowedAnswer.Read)]);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("peer", Peer);
        writer.WriteString("domain", Domain);
        writer.WriteString("domain_id", DomainId);
        writer.WriteString("state", State);
        WriteHead(writer, Head);
        writer.WriteString("current", Current);
        writer.WriteNumber("peers", Peers);
        writer.WriteNumber("peers_connected", PeersConnected);
        writer.WriteNumber("artifacts", Artifacts);
        writer.WriteNumber("block_bytes", BlockBytes);
        writer.WriteNumber("log_bytes", LogBytes);
        writer.WriteBoolean("daemon", Daemon);
        writer.Texts("listen", Listen);
        writer.Texts("branes", Branes);
        writer.Objects("followed", Followed);
    }

    public static HeadAnswer? ReadHead(JsonElement json) =>
        json.TryGetProperty("head", out var head) && head.ValueKind == JsonValueKind.Object
            ? new HeadAnswer(head.NeedNumber("epoch"), head.NeedNumber("size"), head.Need("root"))
            : null;

    public static void WriteHead(Utf8JsonWriter writer, HeadAnswer? head)
    {
        if (head is null)
        {
            writer.WriteNull("head");
            return;
        }

        writer.WriteStartObject("head");
        writer.WriteNumber("epoch", head.Epoch);
        writer.WriteNumber("size", head.Size);
        writer.WriteString("root", head.Root);
        writer.WriteEndObject();
    }
}
