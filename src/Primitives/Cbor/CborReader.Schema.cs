using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>Reading against a known shape, and passing over what is not known.</summary>
public ref partial struct CborReader
{
    /// <summary>Reads the next key and requires it to be <paramref name="expected"/>.</summary>
    public bool TryReadKey(ReadOnlySpan<byte> expected)
    {
        if (!TryReadKey(out ReadOnlySpan<byte> key))
            return false;
        return key.SequenceEqual(expected) ||
            Fail(CborCode.Unexpected, $"The key '{DagCbor.Printable(expected)}' was expected.");
    }

    /// <summary>Whether the next key is due here and is <paramref name="candidate"/>; reads nothing.</summary>
    public readonly bool IsNextKey(ReadOnlySpan<byte> candidate)
    {
        if (!_error.IsNone || _depth == 0 || !_frames[_depth - 1].KeyDue)
            return false;
        CborReader ahead = this;
        return ahead.TryReadKey(out ReadOnlySpan<byte> key) && key.SequenceEqual(candidate);
    }

    /// <summary>Reads a byte string of exactly <paramref name="length"/> bytes.</summary>
    public bool TryReadBytes(int length, out ReadOnlySpan<byte> bytes)
    {
        if (!TryReadBytes(out bytes))
            return false;
        if (bytes.Length == length)
            return true;
        bytes = default;
        return Fail(CborCode.Unexpected, $"A byte string does not have {length} bytes.");
    }

    /// <summary>Reads a byte string of 32 bytes as a hash.</summary>
    public bool TryReadHash(out Hash256 hash)
    {
        bool read = TryReadBytes(32, out ReadOnlySpan<byte> bytes);
        hash = read ? Hash256.From(bytes) : default;
        return read;
    }

    /// <summary>Reads text of at most <paramref name="bytesMax"/> UTF-8 bytes as a string.</summary>
    public bool TryReadText(int bytesMax, out string text)
    {
        text = "";
        if (!TryReadText(out ReadOnlySpan<byte> utf8))
            return false;
        if (utf8.Length > bytesMax)
            return Fail(CborCode.TooLong, $"Text is longer than {bytesMax} bytes.");
        text = System.Text.Encoding.UTF8.GetString(utf8);
        return true;
    }

    /// <summary>Reads a whole number from 0 to 2^63 - 1, such as a size in bytes.</summary>
    public bool TryReadSize(out long value)
    {
        value = 0;
        if (!TryReadUInt(out ulong read))
            return false;
        if (read > long.MaxValue)
            return Fail(CborCode.Range, "A size is above 2^63 - 1.");
        value = (long)read;
        return true;
    }

    /// <summary>Reads past one item and all inside it, checking each of them.</summary>
    public bool TrySkip()
    {
        if (!Begin())
            return false;
        int floor = _depth;
        do
        {
            bool keyDue = _depth > floor && _frames[_depth - 1].KeyDue;
            if (keyDue ? !TryReadKey(out _) : !TrySkipOne())
                return false;
        }
        while (_depth > floor);
        return true;
    }

    /// <summary>Reads past one item and hands out its bytes, which are canonical by themselves.</summary>
    public bool TryReadRaw(out ReadOnlySpan<byte> item)
    {
        int start = _position;
        bool read = TrySkip();
        item = read ? _data[start.._position] : default;
        return read;
    }

    /// <summary>Fails this reader with the caller's own finding about what was read; returns false.</summary>
    /// <remarks>An earlier error stays.</remarks>
    public bool Refuse(string code, string field, string message)
    {
        if (_error.IsNone)
            _error = new DecodeError(code, field, message);
        return false;
    }

    private bool TrySkipOne()
    {
        switch (PeekKind())
        {
            case CborKind.UInt:
                return TryReadUInt(out _);
            case CborKind.NegativeInt:
                return TryReadInt(out _);
            case CborKind.Bytes:
                return TryReadBytes(out _);
            case CborKind.Text:
                return TryReadText(out _);
            case CborKind.Array:
                return TryReadArrayStart(out _);
            case CborKind.Map:
                return TryReadMapStart(out _);
            case CborKind.Link:
                return TryReadLink(out _);
            case CborKind.Bool:
                return TryReadBool(out _);
            case CborKind.Float:
                return TryReadFloat(out _);
            default:
                return TryReadNull();
        }
    }
}
