using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Cbor;

namespace Omega.P2P.Node.Service;

/// <summary>`key=value` pairs as a descriptor's metadata; values are text.</summary>
internal static class Metadata
{
    /// <summary>Everything an order says.</summary>
    public static CborValue.Map Of(PutOrder order) => Parse(order.Meta, order.MetaJson);

    public static CborValue.Map Parse(IReadOnlyList<string> pairs, string? json = null)
    {
        var entries = new Dictionary<string, CborValue>(StringComparer.Ordinal);
        foreach (var entry in json is null ? [] : FromJson(json).Entries) entries.Add(entry.Key, entry.Value);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw OmegaException.Usage($"'{pair}' is no metadata", "--meta", "write KEY=VALUE");
            if (!entries.TryAdd(pair[..at], new CborValue.Text(pair[(at + 1)..])))
                throw OmegaException.Usage($"metadata {pair[..at]} stands twice", "--meta");
        }

        try
        {
            return new CborValue.Map(entries);
        }
        catch (ArgumentException e)
        {
            throw OmegaException.Usage($"this metadata cannot be kept: {e.Message}", "--meta");
        }
    }

    private static CborValue.Map FromJson(string json) =>
        CborValue.FromJson(System.Text.Encoding.UTF8.GetBytes(json), out var value, out var error)
            ? value as CborValue.Map ?? throw OmegaException.Usage("metadata is a JSON object", "--meta-json")
            : throw OmegaException.Usage($"this metadata cannot be kept: {error.Message}", "--meta-json");
}
