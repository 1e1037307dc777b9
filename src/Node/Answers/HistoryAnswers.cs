using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A snapshot, with what the world sees only as commitments.</summary>
/// <param name="Number">Counts from 1, across epochs.</param>
/// <param name="Epoch">Which public log.</param>
/// <param name="Size">Leaves of the head over it.</param>
/// <param name="Root">RFC 6962 root, hex.</param>
/// <param name="Time">RFC 3339.</param>
/// <param name="Current">Digest of everything live, hex.</param>
/// <param name="Dam">Hash of the manifest in force, hex.</param>
/// <param name="Published">The root each audience sees.</param>
internal sealed record SnapshotAnswer(
    long Number, long Epoch, long Size, string Root, string Time, string Current, string Dam,
    IReadOnlyList<PublishedRoot> Published) : IAnswer<SnapshotAnswer>
{
    public static SnapshotAnswer Read(JsonElement json) => new(
        json.NeedNumber("snapshot"), json.NeedNumber("epoch"), json.NeedNumber("size"), json.Need("root"),
        json.Need("time"), json.Need("current"), json.Need("dam"),
        [.. json.Objects("published").Select(PublishedRoot.Read)]);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("snapshot", Number);
        writer.WriteNumber("epoch", Epoch);
        writer.WriteNumber("size", Size);
        writer.WriteString("root", Root);
        writer.WriteString("time", Time);
        writer.WriteString("current", Current);
        writer.WriteString("dam", Dam);
        writer.Objects("published", Published);
    }
}

/// <summary>Root of what one audience sees, hex.</summary>
internal sealed record PublishedRoot(string Audience, string Root) : IAnswer<PublishedRoot>
{
    public static PublishedRoot Read(JsonElement json) => new(json.Need("audience"), json.Need("root"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("audience", Audience);
        writer.WriteString("root", Root);
    }
}

/// <summary>One difference between two snapshots.</summary>
/// <param name="Change">`added`, `removed`, `published`, `unpublished` or `attested`.</param>
/// <param name="Cid">`b3:…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="Kind">Type tag.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Audience">For publications, whose.</param>
internal sealed record ChangeAnswer(string Change, string Cid, string Key, string Kind, long Size, string? Audience)
    : IAnswer<ChangeAnswer>
{
    public static ChangeAnswer Read(JsonElement json) => new(
        json.Need("change"), json.Need("cid"), json.Need("key"), json.Need("kind"), json.NeedNumber("size"),
        json.Text("audience"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("change", Change);
        writer.WriteString("cid", Cid);
        writer.WriteString("key", Key);
        writer.WriteString("kind", Kind);
        writer.WriteNumber("size", Size);
        if (Audience is not null) writer.WriteString("audience", Audience);
    }
}

/// <summary>A leaf of the public log: the commitment that everyone holds, and what it commits to.</summary>
/// <param name="Epoch">Which public log.</param>
/// <param name="Index">Position in it.</param>
/// <param name="Commitment">32 bytes, hex.</param>
/// <param name="Kind">`publish`, `unpublish`, `dam`, `epoch`, `snapshot`, or `erased`.</param>
/// <param name="Subject">What it is about: `key:…`, or a number.</param>
/// <param name="Audience">For publications, who may read this body.</param>
internal sealed record LeafAnswer(
    long Epoch, long Index, string Commitment, string Kind, string? Subject, string? Audience) : IAnswer<LeafAnswer>
{
    public static LeafAnswer Read(JsonElement json) => new(
        json.NeedNumber("epoch"), json.NeedNumber("index"), json.Need("commitment"), json.Need("kind"),
        json.Text("subject"), json.Text("audience"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("epoch", Epoch);
        writer.WriteNumber("index", Index);
        writer.WriteString("commitment", Commitment);
        writer.WriteString("kind", Kind);
        if (Subject is not null) writer.WriteString("subject", Subject);
        if (Audience is not null) writer.WriteString("audience", Audience);
    }
}

/// <summary>A publication's proof.</summary>
/// <param name="Cid">`b3:…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="DomainId">`dom:…`.</param>
/// <param name="Audience">To whom it is published.</param>
/// <param name="Epoch">Which public log.</param>
/// <param name="Index">The leaf.</param>
/// <param name="Manifests">Whether the file says by itself which keys count.</param>
/// <param name="Proof">The file, text (C2SP tlog-proof).</param>
internal sealed record ProofAnswer(
    string Cid, string Key, string DomainId, string Audience, long Epoch, long Index, bool Manifests, string Proof)
    : IAnswer<ProofAnswer>
{
    public static ProofAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("key"), json.Need("domain_id"), json.Need("audience"), json.NeedNumber("epoch"),
        json.NeedNumber("index"), json.Flag("manifests"), json.Need("proof"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("key", Key);
        writer.WriteString("domain_id", DomainId);
        writer.WriteString("audience", Audience);
        writer.WriteNumber("epoch", Epoch);
        writer.WriteNumber("index", Index);
        writer.WriteBoolean("manifests", Manifests);
        writer.WriteString("proof", Proof);
    }
}

/// <summary>What an audience sees from now on, or no longer.</summary>
/// <param name="Cids">`b3:…` of each artifact.</param>
/// <param name="Audiences">Who.</param>
/// <param name="Head">The head over the change.</param>
internal sealed record PublishAnswer(
    IReadOnlyList<string> Cids, IReadOnlyList<string> Audiences, HeadAnswer? Head) : IAnswer<PublishAnswer>
{
    public static PublishAnswer Read(JsonElement json) => new(
        json.Texts("cids"), json.Texts("audiences"),
        StatusAnswer.ReadHead(json));

    public void Write(Utf8JsonWriter writer)
    {
        writer.Texts("cids", Cids);
        writer.Texts("audiences", Audiences);
        StatusAnswer.WriteHead(writer, Head);
    }
}

/// <summary>A named audience and who is in it.</summary>
/// <param name="Audience">Its name.</param>
/// <param name="Peers">Node ids, ascending.</param>
internal sealed record AudienceAnswer(string Audience, IReadOnlyList<string> Peers) : IAnswer<AudienceAnswer>
{
    public static AudienceAnswer Read(JsonElement json) => new(json.Need("audience"), json.Texts("peers"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("audience", Audience);
        writer.Texts("peers", Peers);
    }
}
