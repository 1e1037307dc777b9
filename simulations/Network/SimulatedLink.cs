using Omega.P2P.Simulations.Chance;
using Omega.P2P.Simulations.Time;

namespace Omega.P2P.Simulations.Network;

/// <summary>Shape of one direction of a link; drawn from the seed.</summary>
/// <param name="LatencyUs">One-way delay in microseconds.</param>
/// <param name="JitterUs">Largest extra delay of a segment, in microseconds.</param>
/// <param name="BytesPerSecond">Capacity.</param>
/// <param name="Loss">Probability that a segment is lost once, which costs a retransmission delay.</param>
/// <param name="Reset">Probability that a segment resets the connection.</param>
public sealed record LinkShape(long LatencyUs, long JitterUs, long BytesPerSecond, double Loss, double Reset);

/// <summary>
/// A TCP connection between two nodes: bytes arrive whole and in order or not at all; loss shows as delay, and a
/// partition as silence. A link silent for longer than <see cref="GiveUpUs"/> with bytes in flight is reset, as a
/// kernel would.
/// </summary>
public sealed class SimulatedLink
{
    /// <summary>Silence after which a sender gives up, in microseconds (guess; Linux waits minutes).</summary>
    public const long GiveUpUs = 20_000_000;

    private const int SegmentBytes = 16 * 1024;
    private const long RetransmitUs = 200_000;
    private const long ProbeUs = 500_000;

    private readonly EventQueue _queue;
    private readonly SeededRandom _random;
    private readonly LinkShape _shape;
    private readonly Func<bool> _cut;
    private readonly Action<ReadOnlyMemory<byte>>[] _receive;
    private readonly Action<string>[] _closed;
    private readonly long[] _freeAtUs = new long[2];
    private readonly long[] _deliveredAtUs = new long[2];
    private readonly Queue<byte[]>[] _flight = [new(), new()];
    private readonly bool[] _pumping = new bool[2];

    /// <summary>Joins two ends; <paramref name="cut"/> tells whether a partition lies between them now.</summary>
    public SimulatedLink(EventQueue queue, SeededRandom random, LinkShape shape, Func<bool> cut,
        (Action<ReadOnlyMemory<byte>> Receive, Action<string> Closed) left,
        (Action<ReadOnlyMemory<byte>> Receive, Action<string> Closed) right)
    {
        (_queue, _random, _shape, _cut) = (queue, random, shape, cut);
        _receive = [left.Receive, right.Receive];
        _closed = [left.Closed, right.Closed];
    }

    /// <summary>Whether bytes may still be sent.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Sends bytes from one end (0 left, 1 right). The bytes are copied.</summary>
    public void Send(int from, ReadOnlySpan<byte> bytes)
    {
        while (IsOpen && bytes.Length > 0)
        {
            var take = Math.Min(SegmentBytes, bytes.Length);
            _flight[from].Enqueue(bytes[..take].ToArray());
            bytes = bytes[take..];
        }

        Pump(from);
    }

    /// <summary>Closes both ends; what is in flight is lost.</summary>
    public void Close(string reason)
    {
        if (!IsOpen) return;
        IsOpen = false;
        _queue.After(0, () => _closed[0](reason));
        _queue.After(_shape.LatencyUs, () => _closed[1](reason));
    }

    private void Pump(int from)
    {
        if (_pumping[from] || _flight[from].Count == 0 || !IsOpen) return;
        _pumping[from] = true;
        if (_cut())
        {
            WaitOut(from, _queue.NowUs);
            return;
        }

        var segment = _flight[from].Dequeue();
        if (_random.Chance(_shape.Reset))
        {
            Close("connection reset");
            return;
        }

        var start = Math.Max(_queue.NowUs, _freeAtUs[from]);
        _freeAtUs[from] = start + segment.Length * 1_000_000L / _shape.BytesPerSecond;
        var lost = _random.Chance(_shape.Loss) ? RetransmitUs + _shape.LatencyUs * 2 : 0;
        _freeAtUs[from] += lost;
        var due = _freeAtUs[from] + _shape.LatencyUs + _random.Below(_shape.JitterUs + 1);
        _deliveredAtUs[from] = Math.Max(_deliveredAtUs[from], due); // order holds, however the delays fall
        _queue.After(_deliveredAtUs[from] - _queue.NowUs, () => Deliver(1 - from, segment));
        _queue.After(_freeAtUs[from] - _queue.NowUs, () => Resume(from));
    }

    private void Resume(int from)
    {
        _pumping[from] = false;
        Pump(from);
    }

    private void WaitOut(int from, long sinceUs)
    {
        if (!IsOpen) return;
        if (_queue.NowUs - sinceUs > GiveUpUs)
        {
            Close("connection timed out");
        }
        else if (_cut())
        {
            _queue.After(ProbeUs, () => WaitOut(from, sinceUs));
        }
        else
        {
            Resume(from);
        }
    }

    private void Deliver(int to, byte[] segment)
    {
        if (IsOpen) _receive[to](segment);
    }
}
