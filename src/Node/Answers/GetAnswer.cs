using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A signature that was checked.</summary>
/// <param name="Signer">did:key of the key that signed.</param>
/// <param name="Short">`ed25519:RJ4P`.</param>
/// <param name="Role">`brane.replay`, `substrate.alice-pi`.</param>
internal sealed record SignatureAnswer(string Signer, string Short, string Role) : IAnswer<SignatureAnswer>
{
    public static SignatureAnswer Read(JsonElement json) =>
        new(json.Need("signer"), json.Need("short"), json.Need("role"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("signer", Signer);
        writer.WriteString("short", Short);
        writer.WriteString("role", Role);
    }
}

/// <summary>An artifact whose bytes are here and whose signatures were checked.</summary>
/// <param name="Cid">`b3:…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="Domain">What its domain is called here.</param>
/// <param name="Bytes">Length of the content.</param>
/// <param name="BytesWire">Bytes received from peers for it, proofs included; 0 where it was here.</param>
/// <param name="RoundTrips">Requests sent to peers for it.</param>
/// <param name="Refetched">Bytes asked again after a peer failed.</param>
/// <param name="Seconds">From asking until all was verified here.</param>
/// <param name="Signatures">Producers' first, then substrates'.</param>
internal sealed record GetAnswer(
    string Cid,
    string Key,
    string Domain,
    long Bytes,
    long BytesWire,
    int RoundTrips,
    long Refetched,
    double Seconds,
    IReadOnlyList<SignatureAnswer> Signatures) : IAnswer<GetAnswer>
{
    /// <summary>The tenant of this domain whose recipients the content is encrypted to; null: none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The artifact's type tag.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Of a file inside a package: the package's `b3:…`, to which key and signatures belong.</summary>
    public string? Package { get; init; }

    /// <summary>What each peer had to do with it; empty where it was here.</summary>
    public IReadOnlyList<HolderAnswer> Holders { get; init; } = [];

    public static GetAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("key"), json.Need("domain"), json.NeedNumber("bytes"),
        json.NeedNumber("bytes_wire"), (int)json.NeedNumber("round_trips"), json.NeedNumber("refetched"),
        json.Real("seconds"), [.. json.Objects("signatures").Select(SignatureAnswer.Read)])
    {
        Tenant = json.Text("tenant"),
        Kind = json.Text("kind") ?? "",
        Package = json.Text("package"),
        Holders = [.. json.Objects("holders").Select(HolderAnswer.Read)],
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("key", Key);
        writer.WriteString("domain", Domain);
        writer.WriteNumber("bytes", Bytes);
        writer.WriteNumber("bytes_wire", BytesWire);
        writer.WriteNumber("round_trips", RoundTrips);
        writer.WriteNumber("refetched", Refetched);
        writer.WriteNumber("seconds", Math.Round(Seconds, 6));
        writer.Objects("signatures", Signatures);
        writer.WriteString("kind", Kind);
        if (Package is not null) writer.WriteString("package", Package);
        if (Tenant is not null) writer.WriteString("tenant", Tenant);
        if (Holders.Count > 0) writer.Objects("holders", Holders);
    }
}
