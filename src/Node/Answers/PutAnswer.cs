using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>An artifact that is durable and visible now.</summary>
/// <param name="Cid">`b3:…`.</param>
/// <param name="CidV1">`bafkr4i…`.</param>
/// <param name="Key">`key:…`.</param>
/// <param name="Size">Bytes.</param>
/// <param name="AlreadyThere">Nothing changed: the same artifact was here, attested by the same brane.</param>
/// <param name="Visibility">`internal`, an audience, or `public`.</param>
/// <param name="UnixFs">Root of the UnixFS tree that IPFS software fetches it by; null where it is not public.</param>
internal sealed record PutAnswer(
    string Cid, string CidV1, string Key, long Size, bool AlreadyThere, string Visibility, string? UnixFs = null)
    : IAnswer<PutAnswer>
{
    /// <summary>Of a package: its files and links.</summary>
    public long? Files { get; init; }

    /// <summary>Of a package: bytes of its files together.</summary>
    public long? ContentBytes { get; init; }

    /// <summary>Of a package: files that were not read, because they have not changed since.</summary>
    public long? Unchanged { get; init; }

    /// <summary>`sha256:…`, where it was asked for.</summary>
    public string? Sha256 { get; init; }

    public static PutAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("cidv1"), json.Need("key"), json.NeedNumber("size"),
        json.Flag("already_there"), json.Text("visibility") ?? "internal", json.Text("unixfs"))
    {
        Files = json.Number("files"),
        ContentBytes = json.Number("content_bytes"),
        Unchanged = json.Number("unchanged"),
        Sha256 = json.Text("sha256"),
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("cidv1", CidV1);
        writer.WriteString("key", Key);
        writer.WriteNumber("size", Size);
        writer.WriteBoolean("already_there", AlreadyThere);
        writer.WriteString("visibility", Visibility);
        if (UnixFs is not null) writer.WriteString("unixfs", UnixFs);
        if (Files is { } files) writer.WriteNumber("files", files);
        if (ContentBytes is { } bytes) writer.WriteNumber("content_bytes", bytes);
        if (Unchanged is { } unchanged) writer.WriteNumber("unchanged", unchanged);
        if (Sha256 is not null) writer.WriteString("sha256", Sha256);
    }
}
