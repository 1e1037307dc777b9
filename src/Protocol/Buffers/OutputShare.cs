namespace Omega.P2P.Protocol.Buffers;

/// <summary>
/// What may wait for the sockets of all links together. While there is room each link may use it as its own bound
/// allows; over it, each has a little of its own, so that none stands still. Without it what a serving node holds would
/// grow with its receivers. Safe for use from several threads.
/// </summary>
public sealed class OutputShare
{
    private readonly long _bytesMax;
    private readonly int _bytesOfEach;
    private long _waiting;

    /// <param name="bytesMax">Of all links together.</param>
    /// <param name="bytesOfEach">Of each beyond that: two frames, so that one is filled while the other
    /// leaves.</param>
    public OutputShare(long bytesMax, int bytesOfEach)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesOfEach, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, bytesOfEach);
        (_bytesMax, _bytesOfEach) = (bytesMax, bytesOfEach);
    }

    /// <summary>What one link may have waiting now.</summary>
    public int Bytes => Volatile.Read(ref _waiting) < _bytesMax ? int.MaxValue : _bytesOfEach;

    /// <summary>So many more, or fewer, wait now.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _waiting, bytes);
}
