using System.Collections.Concurrent;
using Omega.P2P.Protocol.Connection;

namespace Omega.P2P.Interop.Tests;

/// <summary>Both sides of an echo: answers streams of the peer, and runs echoes of ours, with backpressure.</summary>
internal sealed class EchoProtocol
{
    public const string Name = "/omega-test/echo/1";
    private readonly ConcurrentDictionary<StreamId, Run> _runs = new();
    private readonly HashSet<StreamId> _finished = [];

    public void OnEvent(TcpPump pump, ConnectionEvent told)
    {
        var connection = pump.Connection;
        switch (told)
        {
            case ConnectionEvent.StreamOpened { Inbound: false } opened:
                Drive(connection, opened.Stream);
                break;
            case ConnectionEvent.StreamFinished finished:
                _finished.Add(finished.Stream);
                Drive(connection, finished.Stream);
                break;
            case ConnectionEvent.StreamData data:
                Drive(connection, data.Stream);
                break;
            case ConnectionEvent.StreamWritable writable:
                Drive(connection, writable.Stream);
                break;
            case ConnectionEvent.OutboundStreamFailed failed when _runs.TryGetValue(failed.Stream, out var run):
                run.Received.TrySetException(new InvalidOperationException(failed.ToString()));
                break;
            default:
                break;
        }
    }

    /// <summary>Sends that many bytes on a new stream; the task gives the number of bytes that came back right.
    /// </summary>
    public Task<long> EchoAsync(TcpPump pump, int size, byte value) => pump.Do(connection =>
    {
        var status = connection.OpenStream([Name], TcpPump.Now, out var id);
        Assert.Equal(OpenStreamStatus.Opening, status);
        _runs[id] = new Run(size, value);
        return _runs[id].Received.Task;
    });

    private void Drive(Libp2pConnection connection, StreamId id)
    {
        if (_runs.TryGetValue(id, out var run))
        {
            run.Drive(connection, id, _finished.Contains(id));
            return;
        }

        while (connection.Peek(id) is { Length: > 0 } input && connection.Write(id, input) is var taken and > 0)
        {
            connection.Consume(id, taken, TcpPump.Now);
        }

        if (_finished.Contains(id) && connection.Readable(id) == 0)
        {
            connection.CloseWrite(id);
        }
    }

    private sealed class Run(int size, byte value)
    {
        private readonly byte[] _piece = Enumerable.Repeat(value, 100_000).ToArray();
        private readonly int _size = size;
        private int _left = size;
        private long _right;

        public TaskCompletionSource<long> Received { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Drive(Libp2pConnection connection, StreamId id, bool finished)
        {
            var taken = 1;
            while (_left > 0 && taken > 0)
            {
                taken = connection.Write(id, _piece.AsSpan(0, Math.Min(_left, _piece.Length)));
                _left -= taken;
            }

            while (connection.Peek(id) is { Length: > 0 } input)
            {
                _right += input.Count(value);
                connection.Consume(id, input.Length, TcpPump.Now);
            }

            // Not before: js-libp2p 3 misses an end that arrives while it still negotiates the stream.
            if (_right == _size)
            {
                connection.CloseWrite(id);
            }

            if (finished)
            {
                Received.TrySetResult(_right);
            }
        }
    }
}
