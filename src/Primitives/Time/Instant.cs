namespace Omega.P2P.Primitives.Time;

/// <summary>
/// The present, as handed to a core (law 12): the wall clock for what is recorded, and running time for timers and
/// grace periods, which a jump of the wall clock must not shorten.
/// </summary>
/// <param name="UnixMs">Wall clock, milliseconds since 1970-01-01T00:00:00Z; may jump.</param>
/// <param name="RunningMs">Milliseconds the process has been running; never goes back.</param>
public readonly record struct Instant(long UnixMs, long RunningMs);
