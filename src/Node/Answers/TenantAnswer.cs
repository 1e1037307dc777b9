using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A tenant and whom its bytes are encrypted to.</summary>
/// <param name="Tenant">Its name.</param>
/// <param name="Recipients">`age1…`, ascending.</param>
internal sealed record TenantAnswer(string Tenant, IReadOnlyList<string> Recipients) : IAnswer<TenantAnswer>
{
    public static TenantAnswer Read(JsonElement json) => new(json.Need("tenant"), json.Texts("recipients"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("tenant", Tenant);
        writer.Texts("recipients", Recipients);
    }
}
