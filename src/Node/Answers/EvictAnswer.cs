using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>What an eviction freed.</summary>
internal sealed record EvictAnswer(IReadOnlyList<string> Cids, long BytesFreed, int BlocksFreed) : IAnswer<EvictAnswer>
{
    public static EvictAnswer Read(JsonElement json) =>
        new(json.Texts("cids"), json.NeedNumber("bytes_freed"), (int)json.NeedNumber("blocks_freed"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.Texts("cids", Cids);
        writer.WriteNumber("bytes_freed", BytesFreed);
        writer.WriteNumber("blocks_freed", BlocksFreed);
    }
}
