namespace Omega.P2P.Benchmarks.Scale;

/// <summary>Times in memory that does not grow with their number, so that it does not count as the store's: 64 classes
/// for each doubling, from a microsecond to an hour. Thread-safe.</summary>
internal sealed class LatencyHistogram
{
    private const int PerDoubling = 64;
    private const int Doublings = 32;

    private readonly long[] _counts = new long[PerDoubling * Doublings];
    private long _maxTicks;

    public long Count => _counts.Sum();

    /// <summary>The longest, in milliseconds.</summary>
    public double Max => TimeSpan.FromTicks(Interlocked.Read(ref _maxTicks)).TotalMilliseconds;

    public void Add(TimeSpan time)
    {
        var place = (int)(PerDoubling * Math.Log2(Math.Max(1, time.TotalMicroseconds)));
        Interlocked.Increment(ref _counts[Math.Min(place, _counts.Length - 1)]);
        for (long max; time.Ticks > (max = Interlocked.Read(ref _maxTicks));)
        {
            Interlocked.CompareExchange(ref _maxTicks, time.Ticks, max);
        }
    }

    /// <summary>What that share of them stays under, in milliseconds; within about one in a hundred.</summary>
    public double At(double share)
    {
        var (rest, place) = ((long)(Count * share), 0);
        while (place < _counts.Length - 1 && (rest -= _counts[place]) >= 0) place++;
        return Math.Pow(2, (place + 0.5) / PerDoubling) / 1000;
    }
}
