using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Node.Time;
using Omega.P2P.Protocol;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Node.Transport;

/// <summary>
/// Moves bytes between one socket and one <see cref="LinkSession"/>. Two loops, one reading and one sending, and the
/// node's effects from its own thread meet at one lock; what the session tells is posted inside it, so the node hears
/// things in the order in which they happened. Waiting for the socket is always outside the lock, and so is what sinks
/// and sources do with bulk bytes: verifying and storing go on beside receiving and deciphering, reading and proving
/// beside sending.
/// </summary>
internal sealed class LinkPump : IBulkPump, IDisposable
{
    private const int ReceiveSize = 256 * 1024;
    private const int WeighEvery = 1 << 20;

    /// <summary>While the node has more to handle than is good, nothing is read.</summary>
    private static readonly TimeSpan CrowdedPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Handed to the socket at a time: half of what may wait, so that sources fill the other half meanwhile.
    /// </summary>
    private static readonly int SendSize = Limits.Default.OutputBytesSoft / 2;

    /// <summary>How long the last bytes of a closed link may take to leave.</summary>
    private static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly LinkSession _session;
    private readonly Action<NetworkInput> _tell;
    private readonly UploadBudgets _budgets;
    private readonly Lock _gate = new();
    private readonly List<NetworkInput> _inputs = [];
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<long, Task> _bulk = new();
    private long _turns;
    private long _waiting;
    private bool _disposed;
    private bool _isLeaving;

    /// <param name="socket">Connected; the pump's from here on.</param>
    /// <param name="start">Makes the session over this pump.</param>
    /// <param name="tell">Takes what the node has to hear.</param>
    /// <param name="budgets">What may be sent.</param>
    public LinkPump(
        Socket socket, Func<IBulkPump, LinkSession> start, Action<NetworkInput> tell, UploadBudgets budgets)
    {
        _socket = socket;
        _session = start(this);
        _tell = tell;
        _budgets = budgets;
        socket.NoDelay = true;
    }

    public LinkId Id => _session.Id;

    /// <summary>Whether reading has to wait.</summary>
    public Func<bool> IsCrowded { get; init; } = () => false;

    /// <summary>Called after each <see cref="WeighEvery"/> bytes that came: what all peers make us hold may have grown
    /// by so much.</summary>
    public Action Weigh { get; init; } = () => { };

    /// <summary>Told how much waits for the socket; null: nobody counts.</summary>
    public OutputShare? Share { get; init; }

    /// <summary>Bytes of memory that the peer makes us hold.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate) return _disposed ? 0 : _session.HeldBytes;
        }
    }

    /// <summary>Runs until the link is over.</summary>
    public async Task RunAsync()
    {
        var sending = SendLoopAsync();
        try
        {
            await ReceiveLoopAsync().ConfigureAwait(false);
        }
        finally
        {
            Wake();
            await Task.WhenAny(sending, Task.Delay(FarewellMax)).ConfigureAwait(false);
            await _ending.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
            while (!_bulk.IsEmpty) await Task.WhenAll(_bulk.Values).ConfigureAwait(false);
        }
    }

    public void Apply(NetworkEffect effect) => Do(inputs => _session.Apply(effect, SystemClock.Now(), inputs));

    public void Tick()
    {
        if (_session.NextDeadlineMs is { } due && due <= SystemClock.Now().RunningMs)
            Do(inputs => _session.Tick(SystemClock.Now(), inputs));
    }

    /// <summary>Tells the peer where we listen from now on.</summary>
    public void PushIdentity(IReadOnlyList<Multiaddr> listenAddresses) =>
        Do(inputs => _session.PushIdentity(listenAddresses, SystemClock.Now(), inputs));

    public void Close(string reason) => Do(inputs => _session.Close(reason, SystemClock.Now(), inputs));

    /// <summary>Ends it while nobody has proven to be at the other end.</summary>
    public void CloseUnlessUp() => Do(inputs =>
    {
        if (!_session.IsUp) _session.Close("given up", SystemClock.Now(), inputs);
    });

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            Share?.Add(-_waiting);
            _socket.Dispose(); // before the buffers that it may be sending go back
            _session.Dispose();
        }

        _wake.Dispose();
        _ending.Dispose();
    }

    private async Task ReceiveLoopAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(ReceiveSize, pinned: true);
        var unweighed = 0;
        while (!_session.IsClosed)
        {
            int count;
            try
            {
                while (IsCrowded()) await Task.Delay(CrowdedPause, _ending.Token).ConfigureAwait(false);
                count = await _socket.ReceiveAsync(buffer, SocketFlags.None, _ending.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                count = 0; // a broken socket and an ended one are the same to the link
            }

            if (count == 0)
            {
                Do(inputs => _session.EndOfInput(SystemClock.Now(), inputs));
                return;
            }

            Do(inputs => _session.Receive(buffer.AsSpan(0, count), SystemClock.Now(), inputs));
            if ((unweighed += count) < WeighEvery) continue;
            unweighed = 0;
            Weigh();
        }
    }

    public void SinkWaits(StreamId stream) => Start(() => PumpSink(stream));

    public void SourceWaits(StreamId stream) => Start(() => PumpSource(stream));

    /// <summary>Called inside the lock: the work begins once it is free.</summary>
    private void Start(Action work)
    {
        var turn = ++_turns;
        var task = new Task(() =>
        {
            try
            {
                work();
            }
            finally
            {
                _bulk.TryRemove(turn, out _);
            }
        });
        _bulk[turn] = task; // known before it can end
        task.Start(TaskScheduler.Default);
    }

    private void PumpSink(StreamId stream)
    {
        var chunks = new List<ArraySegment<byte>>();
        while (true)
        {
            IBulkSink? sink = null;
            Do(inputs => sink = _session.TakeBulk(stream, SystemClock.Now(), chunks, inputs));
            if (sink is null) return;
            var step = BulkStep.Continue;
            foreach (var chunk in chunks)
            {
                if (step == BulkStep.Continue) step = Push(sink, chunk);
                ArrayPool<byte>.Shared.Return(chunk.Array!); // rented by the session
            }

            chunks.Clear();
            if (step == BulkStep.Continue) continue;
            Do(inputs => _session.EndBulk(stream, step, SystemClock.Now(), inputs));
            return;
        }
    }

    /// <summary>A sink that throws has a defect; were it let through, the link would wait for this pump for ever.
    /// </summary>
    private static BulkStep Push(IBulkSink sink, ArraySegment<byte> chunk)
    {
        try
        {
            return sink.Push(chunk);
        }
        catch (Exception e)
        {
            Host.Log.Error($"bulk that came: {e}");
            return BulkStep.Failed;
        }
    }

    private void PumpSource(StreamId stream)
    {
        IBulkSource? source = null;
        var frame = default(OutboundFrame);
        var count = 0;
        while (true)
        {
            IBulkSource? next = null;
            if (!Do(inputs => next = _session.TurnSource(stream, ref frame, count, SystemClock.Now(), inputs)))
            {
                frame.Return(); // the session is gone and left it to us
                source?.Dispose();
                return;
            }

            if (next is null) return;
            source = next;
            count = Read(source, frame);
        }
    }

    /// <summary>Below zero when the source failed: the session cuts the stream, and the peer asks elsewhere.</summary>
    private static int Read(IBulkSource source, OutboundFrame frame)
    {
        try
        {
            return source.Read(frame.Room);
        }
        catch (IOException)
        {
            return -1;
        }
        catch (Exception e)
        {
            Host.Log.Error($"bulk that leaves: {e}");
            return -1;
        }
    }

    private async Task SendLoopAsync()
    {
        var segments = new List<ArraySegment<byte>>();
        try
        {
            while (true)
            {
                segments.Clear();
                lock (_gate)
                {
                    if (_disposed) return;
                    _session.CopyOutputTo(segments);
                    if (segments.Count == 0 && _session.IsClosed) break;
                }

                if (segments.Count == 0)
                {
                    await _wake.WaitAsync(_ending.Token).ConfigureAwait(false);
                    continue;
                }

                Shorten(segments, Math.Min(SendSize, Share?.Bytes ?? SendSize));
                if (_budgets.OfAll is { } all) await WaitForBudgetAsync(all, segments).ConfigureAwait(false);
                if (_session.IsUp && _budgets.OfPeer(_session.Peer) is { } own)
                    await WaitForBudgetAsync(own, segments).ConfigureAwait(false);
                var sending = _socket.SendAsync(segments, SocketFlags.None);
                var sent = await sending.WaitAsync(_ending.Token).ConfigureAwait(false);
                Do(inputs => _session.ConsumeOutput(sent, SystemClock.Now(), inputs));
            }

            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Do(inputs => _session.EndOfInput(SystemClock.Now(), inputs));
            await _ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private Task WaitForBudgetAsync(UploadBudget budget, List<ArraySegment<byte>> segments) =>
        Task.Delay(budget.Take(Shorten(segments, budget.Burst), SystemClock.Now().RunningMs), _ending.Token);

    /// <summary>Leaves so many bytes at most; returns how many are left.</summary>
    private static int Shorten(List<ArraySegment<byte>> segments, int bytesMax)
    {
        var (bytes, kept) = (0, 0);
        while (kept < segments.Count && bytes < bytesMax)
        {
            var segment = segments[kept];
            segments[kept++] = segment[..Math.Min(segment.Count, bytesMax - bytes)];
            bytes += segments[kept - 1].Count;
        }

        segments.RemoveRange(kept, segments.Count - kept);
        return bytes;
    }

    /// <summary>False when the session is gone and was not called.</summary>
    private bool Do(Action<List<NetworkInput>> call)
    {
        bool hasWork;
        lock (_gate)
        {
            if (_disposed) return false;
            call(_inputs);
            foreach (var input in _inputs) _tell(input);
            _inputs.Clear();
            hasWork = _session.HasOutput || _session.IsClosed;
            CountWaiting();
            if (_session.IsClosed && !_isLeaving)
            {
                // A peer that neither reads nor speaks nor ends would keep the socket for ever.
                _isLeaving = true;
                _ending.CancelAfter(FarewellMax);
            }
        }

        if (hasWork) Wake();
        return true;
    }

    private void CountWaiting()
    {
        var before = _waiting;
        _waiting = _session.OutputBytes;
        if (_waiting != before) Share?.Add(_waiting - before);
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody else woke the sender first, or there is none any more.
            return;
        }
    }
}
