using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Protocol.Connection;

namespace Omega.P2P.Protocol.Identify;

/// <summary>Answers a query: the message, then the end.</summary>
internal sealed class IdentifyAnswer(byte[] message) : IStreamHandler
{
    public void OnOpened(StreamPort port)
    {
        Span<byte> prefix = stackalloc byte[Varint.LengthMax];
        port.WriteAll([.. prefix[..Varint.Write((ulong)message.Length, prefix)], .. message]);
        port.CloseWrite();
    }

    public void OnProgress(StreamPort port) => port.Consume(port.Peek().Length);

    public void OnFinished(StreamPort port)
    {
        // The answer is on its way already.
    }

    public void OnFailed()
    {
        // Nobody waits for our answer but the peer.
    }
}

/// <summary>Reads one message: of our query, or pushed by the peer. Told is the message without its length, bounded by
/// <see cref="Limits.IdentifyBytesMax"/> before anything is allocated; or null when there is none.</summary>
internal sealed class IdentifyReader(Limits limits, Action<byte[]?> tell) : IStreamHandler
{
    private readonly byte[] _prefix = new byte[Varint.LengthMax];
    private int _prefixFilled;
    private byte[]? _message;
    private int _messageFilled;
    private bool _told;

    public void OnOpened(StreamPort port) => port.CloseWrite();

    public void OnProgress(StreamPort port)
    {
        while (!_told && port.Peek() is { Length: > 0 } input)
        {
            var taken = _message is null ? TakePrefix(input[0]) : TakeMessage(input);
            port.Consume(taken);
            if (_message is not null && _messageFilled == _message.Length)
            {
                Tell(_message);
            }
        }

        if (_message is null && _told)
        {
            port.Reset();
        }
        else
        {
            port.Consume(_told ? port.Peek().Length : 0);
        }
    }

    public void OnFinished(StreamPort port) => Tell(null);

    public void OnFailed() => Tell(null);

    private int TakePrefix(byte next)
    {
        _prefix[_prefixFilled++] = next;
        var status = Varint.TryRead(_prefix.AsSpan(0, _prefixFilled), out var length, out _);
        if (status == VarintStatus.Invalid || (status == VarintStatus.Done && length > (ulong)limits.IdentifyBytesMax))
        {
            Tell(null);
        }
        else if (status == VarintStatus.Done)
        {
            _message = new byte[length];
        }

        return 1;
    }

    private int TakeMessage(ReadOnlySpan<byte> input)
    {
        var take = Math.Min(input.Length, _message!.Length - _messageFilled); // called only after the prefix
        input[..take].CopyTo(_message.AsSpan(_messageFilled));
        _messageFilled += take;
        return take;
    }

    private void Tell(byte[]? message)
    {
        if (!_told)
        {
            _told = true;
            tell(message);
        }
    }
}
