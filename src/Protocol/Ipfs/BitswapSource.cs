using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>
/// Answers as bitswap messages with their length prefixes. Blocks are read while the stream is pumped, one message at a
/// time (<see cref="IpfsLimits.MessageTarget"/>, or one block), so memory does not grow with what was asked for. A
/// block that went away meanwhile becomes a DONT_HAVE.
/// </summary>
/// <param name="answers">In the order in which they leave.</param>
/// <param name="read">Gives the bytes of an answer's block, which hash to its CID; null when they are away. Called by
/// whoever pumps.</param>
public sealed class BitswapSource(IReadOnlyList<BitswapAnswer> answers, Func<Cid, byte[]?> read) : IBulkSource
{
    private ReadOnlyMemory<byte> _rest;
    private int _next;

    /// <inheritdoc/>
    public int HeldBytes => _rest.Length;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (_rest.IsEmpty && _next < answers.Count)
            _rest = NextMessage();
        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => (_rest, _next) = (default, answers.Count);

    private byte[] NextMessage()
    {
        var blocks = new List<BitswapBlock>();
        var presences = new List<BitswapPresence>();
        for (var bytes = 0; _next < answers.Count && bytes < IpfsLimits.MessageTarget;)
        {
            var answer = answers[_next];
            var data = answer.Kind == BitswapAnswerKind.Block ? read(answer.Cid) : null;
            if (data is not null && bytes > 0 && bytes + data.Length > IpfsLimits.BlockBytes)
                break; // read again for the next message: rare, and the bound of a message holds
            _next++;
            bytes += IpfsLimits.CidBytes + (data?.Length ?? 0);
            if (data is null)
                presences.Add(new BitswapPresence(answer.Cid, answer.Kind == BitswapAnswerKind.Have));
            else
                blocks.Add(new BitswapBlock(BitswapMessage.PrefixOf(answer.Cid), data));
        }

        var message = new BitswapMessage { Blocks = blocks, Presences = presences }.Encode();
        var framed = new byte[Varint.Length((ulong)message.Length) + message.Length];
        message.CopyTo(framed.AsSpan(Varint.Write((ulong)message.Length, framed)));
        return framed;
    }
}
