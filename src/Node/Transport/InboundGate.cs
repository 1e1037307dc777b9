using System.Net;

namespace Omega.P2P.Node.Transport;

/// <summary>
/// Connections that came in and have not proven who they are yet: so many in all, so many of one source, and each
/// source only so often. The oldest makes room for a newer one, so whoever opens connections and says nothing does not
/// keep others out: a handshake takes milliseconds, and a silent one is at most <see cref="HalfOpenMax"/> arrivals old.
/// A source is an IPv4 address or an IPv6 /64. Safe for use from several threads.
/// </summary>
internal sealed class InboundGate
{
    /// <summary>At once; guess.</summary>
    public const int HalfOpenMax = 64;

    /// <summary>Of one source; guess: several nodes behind one address.</summary>
    public const int HalfOpenOfSourceMax = 16;

    /// <summary>Connections a source may bring at once after a pause, and each second; guess. A handshake costs about
    /// 0.3 ms of processor time.</summary>
    public const int Burst = 128, PerSecond = 64;

    /// <summary>Sources whose rate is known; from more at once every one is let in, up to the other bounds.</summary>
    private const int SourcesMax = 4096;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _open = new();
    private readonly Dictionary<UInt128, (double Tokens, long AtMs)> _rates = [];
    private long _forgotAtMs = long.MinValue;

    /// <summary>How many are half-open.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _open.Count;
        }
    }

    /// <summary>Sources whose rate is remembered.</summary>
    internal int SourcesKnown
    {
        get
        {
            lock (_lock) return _rates.Count;
        }
    }

    /// <summary>Null where the source comes too often; else its place, until it is left.</summary>
    public Entry? TryEnter(IPAddress from, long nowMs)
    {
        var source = SourceOf(from);
        Entry? oldest = null;
        Entry entry;
        lock (_lock)
        {
            if (!TryTake(source, nowMs)) return null;
            if (_open.Count(e => e.Source == source) >= HalfOpenOfSourceMax)
                oldest = _open.First(e => e.Source == source);
            else if (_open.Count >= HalfOpenMax)
                oldest = _open.First!.Value; // there are some
            if (oldest is not null) _open.Remove(oldest);
            entry = new Entry(this, source);
            _open.AddLast(entry);
        }

        oldest?.GiveUp();
        return entry;
    }

    private static UInt128 SourceOf(IPAddress from)
    {
        if (from.IsIPv4MappedToIPv6) from = from.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        from.TryWriteBytes(bytes, out var length);
        if (length == 16) bytes[8..].Clear();
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private bool TryTake(UInt128 source, long nowMs)
    {
        var known = _rates.GetValueOrDefault(source, (Burst, nowMs));
        var tokens = Math.Min(Burst, known.Item1 + Math.Max(0, nowMs - known.Item2) / 1000.0 * PerSecond);
        if (_rates.Count >= SourcesMax && !_rates.ContainsKey(source)) ForgetRested(nowMs);
        if (_rates.Count < SourcesMax || _rates.ContainsKey(source)) _rates[source] = (Math.Max(0, tokens - 1), nowMs);
        return tokens >= 1;
    }

    /// <summary>At most once a second: many sources make it no dearer for each.</summary>
    private void ForgetRested(long nowMs)
    {
        if (nowMs < _forgotAtMs) return;
        _forgotAtMs = nowMs + 1000;
        var full = (long)(1000.0 * Burst / PerSecond);
        foreach (var (source, _) in _rates.Where(r => nowMs - r.Value.AtMs >= full).ToList()) _rates.Remove(source);
    }

    private void Leave(Entry entry)
    {
        lock (_lock) _open.Remove(entry);
    }

    /// <summary>One place; it is left at the latest when it is disposed.</summary>
    internal sealed class Entry(InboundGate gate, UInt128 source) : IDisposable
    {
        private readonly CancellationTokenSource _givenUp = new();

        public UInt128 Source { get; } = source;

        /// <summary>Fires when a newer one takes the place.</summary>
        public CancellationToken GivenUp => _givenUp.Token;

        /// <summary>It has proven who it is, or is gone.</summary>
        public void Leave() => gate.Leave(this);

        public void GiveUp()
        {
            try
            {
                _givenUp.Cancel();
            }
            catch (ObjectDisposedException)
            {
                return; // it ended by itself just now
            }
        }

        public void Dispose()
        {
            Leave();
            _givenUp.Dispose();
        }
    }
}
