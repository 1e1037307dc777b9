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
    public static PutAnswer Read(JsonElement json) => new(
        json.Need("cid"), json.Need("cidv1"), json.Need("key"), json.NeedNumber("size"),
        json.Flag("already_there"), json.Text("visibility") ?? "internal", json.Text("unixfs"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("cid", Cid);
        writer.WriteString("cidv1", CidV1);
        writer.WriteString("key", Key);
        writer.WriteNumber("size", Size);
        writer.WriteBoolean("already_there", AlreadyThere);
        writer.WriteString("visibility", Visibility);
        if (UnixFs is not null) writer.WriteString("unixfs", UnixFs);
    }
}
