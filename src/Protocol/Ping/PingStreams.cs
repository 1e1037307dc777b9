using System.Security.Cryptography;
using Omega.P2P.Protocol.Connection;

namespace Omega.P2P.Protocol.Ping;

/// <summary>The ping protocol: 32 random bytes come back as they are (libp2p specs, ping/ping.md).</summary>
internal static class PingProtocol
{
    public const string Name = "/ipfs/ping/1.0.0";
    public const int PayloadBytes = 32;
}

/// <summary>Sends back what arrives, as fast as the peer takes it, until the peer finishes.</summary>
internal sealed class PingAnswer : IStreamHandler
{
    public void OnOpened(StreamPort port)
    {
        // The peer speaks first.
    }

    public void OnProgress(StreamPort port)
    {
        while (port.Peek() is { Length: > 0 } input && port.Write(input) is var taken and > 0)
        {
            port.Consume(taken);
        }
    }

    public void OnFinished(StreamPort port) => port.CloseWrite();

    public void OnFailed()
    {
        // The peer gave up its own ping.
    }
}

/// <summary>One ping of ours. Told is the round trip in milliseconds, or null.</summary>
internal sealed class PingQuery(byte[] payload, Action<long?> tell) : IStreamHandler
{
    private readonly byte[] _answer = new byte[PingProtocol.PayloadBytes];
    private int _filled;
    private long _sentAtMs;
    private bool _told;

    public void OnOpened(StreamPort port)
    {
        _sentAtMs = port.NowMs;
        port.WriteAll(payload);
    }

    public void OnProgress(StreamPort port)
    {
        var input = port.Peek();
        var take = Math.Min(input.Length, _answer.Length - _filled);
        input[..take].CopyTo(_answer.AsSpan(_filled));
        _filled += take;
        port.Consume(take);
        if (_filled == _answer.Length && !_told)
        {
            Tell(CryptographicOperations.FixedTimeEquals(_answer, payload) ? port.NowMs - _sentAtMs : null);
            port.CloseWrite();
        }
    }

    public void OnFinished(StreamPort port) => Tell(null);

    public void OnFailed() => Tell(null);

    private void Tell(long? roundTripMs)
    {
        if (!_told)
        {
            _told = true;
            tell(roundTripMs);
        }
    }
}
