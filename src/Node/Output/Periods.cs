using System.Globalization;

namespace Omega.P2P.Node.Output;

/// <summary>Lengths of time as people write them: `0s`, `90s`, `30m`, `24h`, `7d`, `52w`; in milliseconds.</summary>
internal static class Periods
{
    private static readonly (char Unit, long Ms)[] Units =
        [('w', 604_800_000), ('d', 86_400_000), ('h', 3_600_000), ('m', 60_000), ('s', 1000)];

    /// <exception cref="OmegaException">Usage: it is no such text, or over 1,000 years.</exception>
    public static long Parse(string text, string field)
    {
        foreach (var (unit, ms) in Units)
        {
            if (text.EndsWith(unit) && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None,
                CultureInfo.InvariantCulture, out var count) && count <= 1000L * 365 * 86_400_000 / ms)
                return count * ms;
        }

        throw OmegaException.Usage($"'{text}' is no time", field, "write 90s, 30m, 24h, 7d or 52w");
    }

    /// <summary>In the largest unit that divides it; `-` for none.</summary>
    public static string Show(long? ms)
    {
        if (ms is not { } value) return "-";
        foreach (var (unit, length) in Units)
        {
            if (value >= length && value % length == 0) return $"{value / length}{unit}";
        }

        return $"{value / 1000}s";
    }
}
