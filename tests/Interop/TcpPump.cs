using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Connection;

namespace Omega.P2P.Interop.Tests;

/// <summary>Randomness of the system.</summary>
internal sealed class SystemRandom : IRandomSource
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}

/// <summary>
/// Drives one connection over one socket: a reading and a writing task, the connection itself under a lock. Application
/// code sees events under that lock and may call the connection there.
/// </summary>
internal sealed class TcpPump : IDisposable
{
    private readonly Socket _socket;
    private readonly Action<TcpPump, ConnectionEvent> _onEvent;
    private readonly SemaphoreSlim _output = new(0);
    private readonly ConcurrentQueue<ConnectionEvent> _told = new();
    private readonly object _gate = new();

    public TcpPump(Socket socket, ConnectionSettings settings, Action<TcpPump, ConnectionEvent> onEvent)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _onEvent = onEvent;
        Connection = new Libp2pConnection(settings, Now);
        _ = Task.Run(WriteAsync);
        _ = Task.Run(ReadAsync);
        _output.Release();
    }

    public Libp2pConnection Connection { get; }

    public static Instant Now => new(0, Stopwatch.GetTimestamp() * 1000 / Stopwatch.Frequency);

    public static async Task<TcpPump> DialAsync(
        IPEndPoint to, ConnectionSettings settings, Action<TcpPump, ConnectionEvent> onEvent)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(to);
        return new TcpPump(socket, settings, onEvent);
    }

    /// <summary>Runs a call on the connection, then sends what it produced.</summary>
    public T Do<T>(Func<Libp2pConnection, T> call)
    {
        lock (_gate)
        {
            var result = call(Connection);
            TellEvents();
            return result;
        }
    }

    /// <summary>Waits until an event of this kind was told.</summary>
    public async Task<T> WaitAsync<T>(Func<T, bool>? matches = null)
        where T : ConnectionEvent
    {
        var until = Stopwatch.StartNew();
        while (until.Elapsed < TimeSpan.FromSeconds(30))
        {
            if (_told.OfType<T>().FirstOrDefault(told => matches is null || matches(told)) is { } found)
            {
                return found;
            }

            await Task.Delay(5);
        }

        throw new TimeoutException($"No {typeof(T).Name}; told: {string.Join(", ", _told)}");
    }

    public void Dispose()
    {
        _socket.Dispose();
        _output.Release();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[256 * 1024];
        var count = 1;
        while (count > 0)
        {
            count = await ReceiveAsync(buffer);
            lock (_gate)
            {
                if (count > 0)
                {
                    Connection.Receive(buffer.AsSpan(0, count), Now);
                }
                else
                {
                    Connection.EndOfInput();
                }

                TellEvents();
            }
        }
    }

    private async Task<int> ReceiveAsync(byte[] buffer)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private async Task WriteAsync()
    {
        var segments = new List<ArraySegment<byte>>();
        while (true)
        {
            segments.Clear();
            lock (_gate)
            {
                Connection.CopyOutputTo(segments);
            }

            if (segments.Count == 0)
            {
                if (Connection.IsClosed)
                {
                    _socket.Dispose();
                    return;
                }

                await _output.WaitAsync();
                continue;
            }

            try
            {
                var sent = await _socket.SendAsync(segments, SocketFlags.None);
                Do(connection =>
                {
                    connection.ConsumeOutput(sent);
                    return true;
                });
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void TellEvents()
    {
        while (Connection.TryTakeEvent(out var told))
        {
            _told.Enqueue(told!); // true comes with an event
            _onEvent(this, told!);
        }

        if (_output.CurrentCount == 0)
        {
            _output.Release();
        }
    }
}
