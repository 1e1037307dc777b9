namespace Omega.P2P.Protocol.Buffers;

/// <summary>So many of something at once after a pause, and so many more each second. Time is the caller's. Not
/// thread-safe.</summary>
/// <param name="burst">At once.</param>
/// <param name="perSecond">Afterwards.</param>
public sealed class RateBudget(int burst, int perSecond)
{
    private double _left = burst;
    private long? _atMs;

    /// <summary>Takes one; false where there is none left.</summary>
    /// <param name="nowMs">Running time; never less than before.</param>
    public bool TryTake(long nowMs)
    {
        if (_atMs is { } before && nowMs > before)
            _left = Math.Min(burst, _left + ((nowMs - before) / 1000.0 * perSecond));
        _atMs = nowMs;
        if (_left < 1)
            return false;
        _left--;
        return true;
    }
}
