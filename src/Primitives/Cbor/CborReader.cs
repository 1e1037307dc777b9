using System.Buffers.Binary;
using System.Text.Unicode;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>Reads one item of the DAG-CBOR profile from hostile bytes, forwards, without allocating.</summary>
/// <remarks>
/// <para>
/// Accepted is exactly what has one encoding: definite lengths, shortest heads, UTF-8 text, maps with text keys that
/// are unique and sorted (shorter first, then bytewise), finite 64-bit floats, tag 42 around a CID, at most
/// <see cref="DagCbor.DepthMax"/> containers inside each other, whole numbers from -2^63 to 2^64 - 1. So what was read
/// to the end by <see cref="TryFinish"/> re-encodes to the same bytes.
/// </para>
/// <para>
/// Every method returns false instead of throwing and then leaves the reason in <see cref="Error"/>; the first error
/// stays and all later calls return false, so a sequence of calls may be checked once at its end. A container closes
/// by itself after its last item. Spans handed out point into the input. A count never exceeds the bytes left, so it
/// is safe to allocate by. Pass by <c>ref</c>: a copy goes its own way.
/// </para>
/// <para>Source: IPLD DAG-CBOR specification, "strictness"; RFC 8949 section 4.2.</para>
/// </remarks>
public ref partial struct CborReader
{
    private readonly ReadOnlySpan<byte> _data;
    private CborFrames _frames;
    private int _position;
    private int _depth;
    private int _depthReached;
    private bool _rootRead;
    private DecodeError _error;

    /// <summary>
    /// Starts before the first item of <paramref name="data"/>, which must stay unchanged while reading.
    /// </summary>
    public CborReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        _error = DecodeError.None;
    }

    /// <summary>The first reason for a refusal, or <see cref="DecodeError.None"/>.</summary>
    public readonly DecodeError Error => _error;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Containers that are open.</summary>
    public readonly int Depth => _depth;

    /// <summary>Most containers that were inside each other so far, empty ones counted.</summary>
    internal readonly int DepthReached => _depthReached;

    /// <summary>Kind of the next item by its first byte alone, which may still turn out to be refused.</summary>
    /// <returns><see cref="CborKind.None"/> at the end, after an error, and where a key is due.</returns>
    public readonly CborKind PeekKind()
    {
        if (!_error.IsNone || _position >= _data.Length || (_depth == 0 ? _rootRead : _frames[_depth - 1].KeyDue))
            return CborKind.None;
        byte first = _data[_position];
        return (first >> 5) switch
        {
            0 => CborKind.UInt,
            1 => CborKind.NegativeInt,
            2 => CborKind.Bytes,
            3 => CborKind.Text,
            4 => CborKind.Array,
            5 => CborKind.Map,
            6 => CborKind.Link,
            _ => first switch
            {
                0xf4 or 0xf5 => CborKind.Bool,
                0xf6 => CborKind.Null,
                0xfb => CborKind.Float,
                _ => CborKind.None,
            },
        };
    }

    /// <summary>Opens a map of <paramref name="count"/> entries: a key, then an item, that many times.</summary>
    public bool TryReadMapStart(out int count) => TryOpen(major: 5, bytesPerEntry: 2, out count);

    /// <summary>Opens an array of <paramref name="count"/> items.</summary>
    public bool TryReadArrayStart(out int count) => TryOpen(major: 4, bytesPerEntry: 1, out count);

    /// <summary>Reads the next key of the innermost map.</summary>
    public bool TryReadKey(out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (!_error.IsNone)
            return false;
        if (_depth == 0 || !_frames[_depth - 1].KeyDue)
            return Fail(CborCode.Unexpected, "No map key is due here.");
        if (_position < _data.Length && _data[_position] >> 5 != 3)
            return Fail(CborCode.KeyKind, "A map key is not text.");
        int start = _position;
        if (!TryString(major: 3, out utf8))
            return false;
        if (!Utf8.IsValid(utf8))
            return Fail(CborCode.Utf8, "A map key is not UTF-8.");

        ref CborFrame frame = ref _frames[_depth - 1];
        if (frame.KeyLength >= 0)
        {
            int order = DagCbor.CompareKeys(_data.Slice(frame.KeyStart, frame.KeyLength), utf8);
            if (order == 0)
                return Fail(CborCode.KeyTwice, "A map key stands twice.");
            if (order > 0)
                return Fail(CborCode.KeyOrder, "Map keys are not sorted, shorter first.");
        }

        frame.KeyLength = utf8.Length;
        frame.KeyStart = _position - utf8.Length;
        frame.KeyDue = false;
        return _position > start;
    }

    /// <summary>Reads a byte string of any length.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return Begin() && TryString(major: 2, out bytes) && End();
    }

    /// <summary>Reads UTF-8 text.</summary>
    public bool TryReadText(out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (!Begin() || !TryString(major: 3, out utf8))
            return false;
        return Utf8.IsValid(utf8) ? End() : Fail(CborCode.Utf8, "Text is not UTF-8.");
    }

    /// <summary>Reads a whole number of zero or more.</summary>
    public bool TryReadUInt(out ulong value)
    {
        value = 0;
        return Begin() && TryHead(major: 0, out value) && End();
    }

    /// <summary>Reads a whole number that fits 64 bits with sign.</summary>
    public bool TryReadInt(out long value)
    {
        value = 0;
        if (!Begin())
            return false;
        bool negative = _position < _data.Length && _data[_position] >> 5 == 1;
        if (!TryHead(negative ? 1 : 0, out ulong argument))
            return false;
        if (argument > long.MaxValue)
            return Fail(CborCode.Range, "A whole number does not fit 64 bits with sign.");
        value = negative ? ~(long)argument : (long)argument;
        return End();
    }

    /// <summary>Reads true or false.</summary>
    public bool TryReadBool(out bool value)
    {
        value = false;
        if (!Begin() || !TrySimple(out byte simple))
            return false;
        if (simple is not (0xf4 or 0xf5))
            return Fail(CborCode.Unexpected, "True or false was expected.");
        value = simple == 0xf5;
        return End();
    }

    /// <summary>Reads null.</summary>
    public bool TryReadNull()
    {
        if (!Begin() || !TrySimple(out byte simple))
            return false;
        return simple == 0xf6 ? End() : Fail(CborCode.Unexpected, "Null was expected.");
    }

    /// <summary>Reads a finite 64-bit float; minus zero is one of them.</summary>
    public bool TryReadFloat(out double value)
    {
        value = 0;
        if (!Begin())
            return false;
        if (_position >= _data.Length)
            return Fail(CborCode.Truncated, "The input ends before an item.");
        byte first = _data[_position];
        if (first is 0xf9 or 0xfa)
            return Fail(CborCode.Float, "A float does not have 64 bits.");
        if (first != 0xfb)
            return Fail(CborCode.Unexpected, "A float was expected.");
        if (_data.Length - _position < 9)
            return Fail(CborCode.Truncated, "The input ends inside a float.");
        double read = BinaryPrimitives.ReadDoubleBigEndian(_data[(_position + 1)..]);
        if (!double.IsFinite(read))
            return Fail(CborCode.Float, "A float is not finite.");
        value = read;
        _position += 9;
        return End();
    }

    /// <summary>Reads a link: tag 42 around a byte string of a zero byte and a CID.</summary>
    /// <param name="cid">The CID's bytes, without the zero byte; they parse by <see cref="Cid.TryFromBytes"/>.</param>
    public bool TryReadLink(out ReadOnlySpan<byte> cid)
    {
        cid = default;
        if (!Begin() || !TryHead(major: 6, out ulong tag))
            return false;
        if (tag != DagCbor.LinkTag)
            return Fail(CborCode.Tag, "A tag is not 42.");
        if (_position < _data.Length && _data[_position] >> 5 != 2)
            return Fail(CborCode.Tag, "Tag 42 is not around a byte string.");
        if (!TryString(major: 2, out ReadOnlySpan<byte> content))
            return false;
        if (content.IsEmpty || content[0] != 0 || !Cid.IsWellFormed(content[1..]))
            return Fail(CborCode.Tag, "Tag 42 is not around a zero byte and a CID.");
        cid = content[1..];
        return End();
    }

    /// <summary>True when the one item was read whole, nothing follows it, and nothing was refused.</summary>
    public bool TryFinish()
    {
        if (!_error.IsNone)
            return false;
        if (!_rootRead)
            return Fail(CborCode.Truncated, "An item is missing.");
        return _position == _data.Length || Fail(CborCode.Trailing, "Bytes follow the item.");
    }

    private bool TryOpen(int major, int bytesPerEntry, out int count)
    {
        count = 0;
        if (!Begin() || !TryHead(major, out ulong entries))
            return false;
        if (_depth == DagCbor.DepthMax)
            return Fail(CborCode.Depth, "Containers are nested too deep.");
        if (entries > (ulong)((_data.Length - _position) / bytesPerEntry))
            return Fail(CborCode.Truncated, "A container claims more entries than bytes are left.");
        count = (int)entries;
        _depthReached = Math.Max(_depthReached, _depth + 1);
        if (count == 0)
            return End();
        _frames[_depth++] = new CborFrame(count, isMap: major == 5);
        return true;
    }

    // An item may start here: no error, something is due, and it is not a key.
    private bool Begin()
    {
        if (!_error.IsNone)
            return false;
        if (_depth == 0)
            return !_rootRead || Fail(CborCode.Unexpected, "The item has been read already.");
        return !_frames[_depth - 1].KeyDue || Fail(CborCode.Unexpected, "A map key is due here.");
    }

    // An item is complete: so are all containers of which it was the last.
    private bool End()
    {
        while (_depth > 0)
        {
            ref CborFrame frame = ref _frames[_depth - 1];
            if (--frame.Remaining > 0)
            {
                frame.KeyDue = frame.IsMap;
                return true;
            }

            _depth--;
        }

        _rootRead = true;
        return true;
    }

    private bool TryHead(int major, out ulong argument)
    {
        string? refusal = CborHead.Read(_data[_position..], out int found, out argument, out int length);
        if (refusal == CborCode.Truncated)
            return Fail(refusal, "The input ends before or inside an item.");
        if (found != major)
            return Fail(CborCode.Unexpected, "An item is of another kind than expected.");
        if (refusal is not null)
            return Fail(refusal, "The head of an item is not in its one allowed form.");
        _position += length;
        return true;
    }

    private bool TryString(int major, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!TryHead(major, out ulong length))
            return false;
        if (length > (ulong)(_data.Length - _position))
            return Fail(CborCode.Truncated, "A string is longer than the bytes left.");
        content = _data.Slice(_position, (int)length);
        _position += (int)length;
        return true;
    }

    private bool TrySimple(out byte value)
    {
        value = 0;
        if (_position >= _data.Length)
            return Fail(CborCode.Truncated, "The input ends before an item.");
        value = _data[_position];
        if (value >> 5 != 7)
            return Fail(CborCode.Unexpected, "An item is of another kind than expected.");
        if (value is not (0xf4 or 0xf5 or 0xf6))
            return Fail(SimpleCode(value), "A simple value or float is not allowed here.");
        _position++;
        return true;
    }

    private static string SimpleCode(byte first) => first switch
    {
        0xf9 or 0xfa => CborCode.Float,
        0xfb => CborCode.Unexpected,
        >= 0xfc and <= 0xfe => CborCode.Reserved,
        0xff => CborCode.Indefinite,
        _ => CborCode.Simple,
    };

    private bool Fail(string code, string message)
    {
        _error = new DecodeError(code, FieldName(), message);
        return false;
    }

    // The innermost key whose item is being read, cut to what is fit to print.
    private readonly string FieldName()
    {
        for (int i = _depth - 1; i >= 0; i--)
        {
            CborFrame frame = _frames[i];
            if (frame.KeyLength > 0)
                return DagCbor.Printable(_data.Slice(frame.KeyStart, frame.KeyLength));
        }

        return "";
    }
}
