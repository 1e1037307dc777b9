using System.Globalization;

namespace Omega.P2P.Node.Output;

/// <summary>Numbers as people read them; programs get plain bytes and seconds under --json.</summary>
internal static class Figures
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>`0 B`, `1023 B`, `4.1 MiB`: binary units, one decimal from KiB on.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        // 1023.96 KiB would round to 1024.0 KiB.
        if (unit > 0 && unit < Units.Length - 1 && value >= 1023.95)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}");
    }

    /// <summary>
    /// `3s`, `5m`, `2h`, `9d`, `3w`, `2y`: the age of a thing, one unit; a time ahead of now is `0s`.
    /// </summary>
    public static string Age(long fromUnixMs, long nowUnixMs)
    {
        var seconds = Math.Max(0, (nowUnixMs - fromUnixMs) / 1000);
        return seconds switch
        {
            < 60 => $"{seconds}s",
            < 3600 => $"{seconds / 60}m",
            < 86_400 => $"{seconds / 3600}h",
            < 14 * 86_400 => $"{seconds / 86_400}d",
            < 730 * 86_400L => $"{seconds / (7 * 86_400)}w",
            _ => $"{seconds / (365 * 86_400)}y",
        };
    }

    /// <summary>`1 file`, `3 files`.</summary>
    public static string Count(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary>RFC 3339, UTC, milliseconds.</summary>
    public static string Time(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
            CultureInfo.InvariantCulture);
}
