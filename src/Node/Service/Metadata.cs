using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Cbor;

namespace Omega.P2P.Node.Service;

/// <summary>`key=value` pairs as a descriptor's metadata; values are text.</summary>
internal static class Metadata
{
    public static CborValue.Map Parse(IReadOnlyList<string> pairs)
    {
        var entries = new Dictionary<string, CborValue>(StringComparer.Ordinal);
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
}
