using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A ticket for one guest, and when it ends (Unix milliseconds; RFC 3339 under --json).</summary>
internal sealed record InviteAnswer(string Ticket, string Expires) : IAnswer<InviteAnswer>
{
    public static InviteAnswer Read(JsonElement json) => new(json.Need("ticket"), json.Need("expires"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("ticket", Ticket);
        writer.WriteString("expires", Expires);
    }
}

/// <summary>A peer that is trusted from now on, and the domain that is followed.</summary>
internal sealed record JoinAnswer(string Peer, string DomainId, string Name) : IAnswer<JoinAnswer>
{
    public static JoinAnswer Read(JsonElement json) =>
        new(json.Need("peer"), json.Need("domain_id"), json.Need("domain"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("peer", Peer);
        writer.WriteString("domain_id", DomainId);
        writer.WriteString("domain", Name);
    }
}

/// <summary>A trusted peer.</summary>
/// <param name="Peer">Its PeerId.</param>
/// <param name="Name">What it is called here.</param>
/// <param name="DomainId">The domain it writes.</param>
/// <param name="Connected">A link is up now.</param>
/// <param name="Standing">`good` or `demoted`.</param>
/// <param name="Fault">The last rule it broke, or null.</param>
/// <param name="Addresses">Where it was or may be reached.</param>
internal sealed record PeerAnswer(
    string Peer,
    string Name,
    string DomainId,
    bool Connected,
    string Standing,
    string? Fault,
    IReadOnlyList<string> Addresses) : IAnswer<PeerAnswer>
{
    public static PeerAnswer Read(JsonElement json) => new(
        json.Need("peer"), json.Need("name"), json.Need("domain_id"), json.Flag("connected"), json.Need("standing"),
        json.Text("fault"), json.Texts("addresses"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("peer", Peer);
        writer.WriteString("name", Name);
        writer.WriteString("domain_id", DomainId);
        writer.WriteBoolean("connected", Connected);
        writer.WriteString("standing", Standing);
        writer.WriteString("fault", Fault);
        writer.Texts("addresses", Addresses);
    }
}

/// <summary>The epoch that is open now.</summary>
internal sealed record EpochAnswer(long Epoch) : IAnswer<EpochAnswer>
{
    public static EpochAnswer Read(JsonElement json) => new(json.NeedNumber("epoch"));

    public void Write(Utf8JsonWriter writer) => writer.WriteNumber("epoch", Epoch);
}

/// <summary>Done, with nothing to say.</summary>
internal sealed record DoneAnswer : IAnswer<DoneAnswer>
{
    public static DoneAnswer Read(JsonElement json) => new();

    public void Write(Utf8JsonWriter writer) => writer.WriteBoolean("done", true);
}
