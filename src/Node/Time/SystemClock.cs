using System.Diagnostics;
using Omega.P2P.Primitives.Time;

namespace Omega.P2P.Node.Time;

/// <summary>
/// The one place that reads the machine's clocks; cores below are handed <see cref="Instant"/>s (law 12).
/// </summary>
internal static class SystemClock
{
    private static readonly long Started = Stopwatch.GetTimestamp();

    public static Instant Now() => new(
        DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        (long)Stopwatch.GetElapsedTime(Started).TotalMilliseconds);
}
