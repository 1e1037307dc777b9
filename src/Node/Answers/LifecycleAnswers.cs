using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>What is in history only from now on.</summary>
/// <param name="Cids">`b3:…` of each artifact.</param>
/// <param name="Withdrawn">Publications that ended with them.</param>
internal sealed record RemoveAnswer(IReadOnlyList<string> Cids, int Withdrawn) : IAnswer<RemoveAnswer>
{
    public static RemoveAnswer Read(JsonElement json) => new(json.Texts("cids"), (int)json.NeedNumber("withdrawn"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.Texts("cids", Cids);
        writer.WriteNumber("withdrawn", Withdrawn);
    }
}

/// <summary>A pin or a legal hold.</summary>
/// <param name="Cid">`b3:…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="Name">Who pins, or the case.</param>
/// <param name="Reason">In words, or null.</param>
/// <param name="Since">RFC 3339.</param>
internal sealed record KeepAnswer(string Cid, string Key, string Name, string? Reason, string Since)
    : IAnswer<KeepAnswer>
{
    public static KeepAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("key"), json.Need("name"), json.Text("reason"), json.Need("since"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("key", Key);
        writer.WriteString("name", Name);
        if (Reason is not null) writer.WriteString("reason", Reason);
        writer.WriteString("since", Since);
    }
}
