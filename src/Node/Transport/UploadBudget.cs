namespace Omega.P2P.Node.Transport;

/// <summary>
/// What all links together may send (config key <c>limits.upload_bytes_per_s</c>): a bucket that fills at that rate, up
/// to a tenth of a second's worth and at least 64 KiB. Who takes more than is in it waits until it would have been
/// there. Safe for use from several threads.
/// </summary>
internal sealed class UploadBudget
{
    private const int BurstMin = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly long _bytesPerSecond;
    private double _bytes;
    private long _filledAtMs;

    public UploadBudget(long bytesPerSecond, long nowMs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1);
        _bytesPerSecond = bytesPerSecond;
        Burst = (int)Math.Clamp(bytesPerSecond / 10, BurstMin, int.MaxValue);
        _bytes = Burst;
        _filledAtMs = nowMs;
    }

    /// <summary>Bytes to send at a time, at most.</summary>
    public int Burst { get; }

    /// <summary>Null where nothing is limited (0).</summary>
    public static UploadBudget? Of(long bytesPerSecond, long nowMs) =>
        bytesPerSecond > 0 ? new UploadBudget(bytesPerSecond, nowMs) : null;

    /// <summary>Takes bytes out; says how long to wait before they are sent.</summary>
    public TimeSpan Take(int bytes, long nowMs)
    {
        lock (_gate)
        {
            _bytes = Math.Min(Burst, _bytes + Math.Max(0, nowMs - _filledAtMs) / 1000.0 * _bytesPerSecond);
            _filledAtMs = nowMs;
            _bytes -= bytes;
            return _bytes >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_bytes / _bytesPerSecond);
        }
    }
}
