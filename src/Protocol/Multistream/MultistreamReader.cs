using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Protocol.Multistream;

/// <summary>
/// Cuts multistream-select messages out of bytes that arrive in any chunks:
/// <code>varint length | text | '\n'      (length counts text and newline)</code>
/// A length is compared with its bound before anything is allocated for it.
/// </summary>
internal sealed class MultistreamReader(int messageBytesMax)
{
    private readonly byte[] _prefix = new byte[Varint.LengthMax];
    private int _prefixFilled;
    private byte[]? _text;
    private int _textFilled;

    /// <summary>
    /// Takes input up to the end of one message and not a byte more. <paramref name="text"/> is the message without
    /// its newline, valid until the next call; null together with <see cref="MultistreamError.None"/> means that more
    /// is needed.
    /// </summary>
    public MultistreamError Read(ref ReadOnlySpan<byte> input, out byte[]? text)
    {
        text = null;
        while (_text is null)
        {
            if (input.IsEmpty)
            {
                return MultistreamError.None;
            }

            _prefix[_prefixFilled++] = input[0];
            input = input[1..];
            var error = OnPrefix();
            if (error != MultistreamError.None)
            {
                return error;
            }
        }

        var take = Math.Min(input.Length, _text.Length - _textFilled);
        input[..take].CopyTo(_text.AsSpan(_textFilled));
        input = input[take..];
        _textFilled += take;
        return _textFilled < _text.Length ? MultistreamError.None : OnMessage(out text);
    }

    private MultistreamError OnPrefix()
    {
        switch (Varint.TryRead(_prefix.AsSpan(0, _prefixFilled), out var length, out _))
        {
            case VarintStatus.NeedMore:
                return MultistreamError.None;
            case VarintStatus.Invalid:
                return MultistreamError.InvalidLength;
            default:
                if (length > (ulong)messageBytesMax)
                {
                    return MultistreamError.MessageTooLong;
                }

                if (length == 0)
                {
                    return MultistreamError.MissingNewline;
                }

                _text = new byte[length];
                return MultistreamError.None;
        }
    }

    private MultistreamError OnMessage(out byte[]? text)
    {
        var whole = _text!; // the caller filled it
        _text = null;
        _textFilled = 0;
        _prefixFilled = 0;
        text = whole[^1] == (byte)'\n' ? whole[..^1] : null;
        return text is null ? MultistreamError.MissingNewline : MultistreamError.None;
    }
}
