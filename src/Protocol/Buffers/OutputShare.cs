namespace Omega.P2P.Protocol.Buffers;

/// <summary>
/// Bytes that may wait for their sockets, over all links that have some: each has its part. Without it what a serving
/// node holds would grow with its receivers. Safe for use from several threads.
/// </summary>
public sealed class OutputShare
{
    private readonly int _bytes;
    private readonly int _bytesMin;
    private int _sending;

    /// <param name="bytes">Of all links together.</param>
    /// <param name="bytesMin">Of each, however many there are: at least two frames, so that one is filled while the
    /// other leaves.</param>
    public OutputShare(int bytes, int bytesMin)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMin, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, bytesMin);
        (_bytes, _bytesMin) = (bytes, bytesMin);
    }

    /// <summary>What one link may have waiting now.</summary>
    public int Bytes => Math.Max(_bytesMin, _bytes / Math.Max(1, Volatile.Read(ref _sending)));

    /// <summary>A link has something to send.</summary>
    public void Enter() => Interlocked.Increment(ref _sending);

    /// <summary>It has nothing more.</summary>
    public void Leave() => Interlocked.Decrement(ref _sending);
}
