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
    /// <summary>How it stands with reaching it; null while a link is up.</summary>
    public DialAnswer? Dial { get; init; }

    public static PeerAnswer Read(JsonElement json) => new(
        json.Need("peer"), json.Need("name"), json.Need("domain_id"), json.Flag("connected"), json.Need("standing"),
        json.Text("fault"), json.Texts("addresses"))
    {
        Dial = json.TryGetProperty("dial", out var dial) && dial.ValueKind == JsonValueKind.Object
            ? DialAnswer.Read(dial)
            : null,
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("peer", Peer);
        writer.WriteString("name", Name);
        writer.WriteString("domain_id", DomainId);
        writer.WriteBoolean("connected", Connected);
        writer.WriteString("standing", Standing);
        writer.WriteString("fault", Fault);
        writer.Texts("addresses", Addresses);
        if (Dial is null) return;
        writer.WriteStartObject("dial");
        Dial.Write(writer);
        writer.WriteEndObject();
    }
}

/// <summary>Tries to reach a peer that is away.</summary>
/// <param name="State">`dialling` or `waiting`.</param>
/// <param name="Open">Addresses that are being tried now.</param>
/// <param name="NextInMs">Milliseconds until the next round; null while one is under way.</param>
/// <param name="Rounds">Rounds lost since a link was up.</param>
/// <param name="Failures">What the addresses gave the last time each was tried.</param>
internal sealed record DialAnswer(
    string State, IReadOnlyList<string> Open, long? NextInMs, int Rounds, IReadOnlyList<DialFailureAnswer> Failures)
    : IAnswer<DialAnswer>
{
    public static DialAnswer Read(JsonElement json) => new(
        json.Need("state"), json.Texts("open"), json.Number("next_in_ms"), (int)json.NeedNumber("rounds"),
        [.. json.Objects("failures").Select(DialFailureAnswer.Read)]);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("state", State);
        writer.Texts("open", Open);
        if (NextInMs is { } next) writer.WriteNumber("next_in_ms", next);
        writer.WriteNumber("rounds", Rounds);
        writer.Objects("failures", Failures);
    }

    /// <summary>For people: what is tried, or when and why again.</summary>
    public override string ToString()
    {
        if (NextInMs is not { } next) return $"dialling {string.Join(' ', Open)}";
        var again = $"down, again in {Periods.Show(Math.Max(1000, (next + 999) / 1000 * 1000))}";
        return Failures.Count == 0 ? again : $"{again}: {string.Join("; ", Failures)}";
    }
}

/// <summary>An address that gave no link.</summary>
internal sealed record DialFailureAnswer(string Address, string Reason) : IAnswer<DialFailureAnswer>
{
    public static DialFailureAnswer Read(JsonElement json) => new(json.Need("address"), json.Need("reason"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("address", Address);
        writer.WriteString("reason", Reason);
    }

    public override string ToString() => Address.Length == 0 ? Reason : $"{Address} {Reason}";
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
