using System.Collections.Concurrent;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Node.Transport;

/// <summary>
/// What may be sent: a bucket that fills at a rate, up to a tenth of a second's worth and at least 64 KiB. Who takes
/// more than is in it waits until it would have been there. Safe for use from several threads.
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

/// <summary>
/// What all links together may send (config key <c>limits.upload_bytes_per_s</c>), and what goes to one peer
/// (<c>limits.peer_upload_bytes_per_s</c>), whatever links it has. Safe for use from several threads.
/// </summary>
internal sealed class UploadBudgets(long bytesPerSecond, long bytesPerSecondOfPeer, long nowMs)
{
    /// <summary>Peers whose bucket is remembered; who was forgotten begins with a full one.</summary>
    private const int PeersMax = 1024;

    private readonly ConcurrentDictionary<PeerId, UploadBudget> _peers = new();

    /// <summary>Nothing is limited.</summary>
    public static UploadBudgets None { get; } = new(0, 0, 0);

    /// <summary>Of all links together; null: without limit.</summary>
    public UploadBudget? OfAll { get; } = UploadBudget.Of(bytesPerSecond, nowMs);

    /// <summary>Of one peer; null: without limit.</summary>
    public UploadBudget? OfPeer(PeerId peer)
    {
        if (bytesPerSecondOfPeer <= 0) return null;
        if (_peers.Count >= PeersMax && !_peers.ContainsKey(peer)) _peers.Clear();
        return _peers.GetOrAdd(peer, _ => new UploadBudget(bytesPerSecondOfPeer, nowMs));
    }
}
