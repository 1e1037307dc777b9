using System.Buffers.Binary;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>Writes one item of the DAG-CBOR profile into a buffer that grows.</summary>
/// <remarks>
/// It checks what it is told: key order, counts, depth, finite floats. A breach is a defect of the calling code and
/// throws <see cref="InvalidOperationException"/>. <see cref="CborReader"/> accepts whatever this finishes. Not safe
/// for several threads; reuse by <see cref="Reset"/>.
/// </remarks>
public sealed class CborWriter
{
    private const int KeptMax = 4096;

    [ThreadStatic]
    private static CborWriter? _spare;

    private CborFrame[] _frames = new CborFrame[4];
    private byte[] _buffer;
    private int _depth;
    private int _length;
    private bool _rootWritten;

    /// <summary>Starts empty, with room for <paramref name="capacity"/> bytes.</summary>
    public CborWriter(int capacity = 256) => _buffer = new byte[Math.Max(capacity, 16)];

    /// <summary>An empty writer, this thread's own where it has one to spare: for what is encoded all the time. Whoever
    /// does not give it back by <see cref="Return"/> leaves it to the collector.</summary>
    public static CborWriter Rent()
    {
        var writer = _spare ?? new CborWriter(1024);
        _spare = null;
        writer.Reset();
        return writer;
    }

    /// <summary>Gives the writer to the next <see cref="Rent"/> of this thread, unless its buffer has grown large. What
    /// was written is of no use any more.</summary>
    public void Return() => _spare = _buffer.Length <= KeptMax ? this : null;

    /// <summary>A copy of <see cref="Written"/>; the writer is given back as by <see cref="Return"/>.</summary>
    /// <exception cref="InvalidOperationException">A container is still open, or nothing was written.</exception>
    public byte[] ToArrayAndReturn()
    {
        var bytes = ToArray();
        Return();
        return bytes;
    }

    /// <summary>True once the one item is whole.</summary>
    public bool IsComplete => _rootWritten && _depth == 0;

    /// <summary>The whole item; valid until the next write or <see cref="Reset"/>.</summary>
    /// <exception cref="InvalidOperationException">A container is still open, or nothing was written.</exception>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Require(IsComplete, "the item is not complete");
            return _buffer.AsSpan(0, _length);
        }
    }

    /// <summary>A copy of <see cref="Written"/>.</summary>
    /// <exception cref="InvalidOperationException">A container is still open, or nothing was written.</exception>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Reset()
    {
        _depth = 0;
        _length = 0;
        _rootWritten = false;
    }

    /// <summary>Opens a map; exactly <paramref name="count"/> keys, each with an item, must follow.</summary>
    public void WriteMapStart(int count) => Open(major: 5, count);

    /// <summary>Opens an array; exactly <paramref name="count"/> items must follow.</summary>
    public void WriteArrayStart(int count) => Open(major: 4, count);

    /// <summary>Writes the next key of the innermost map; keys come sorted, shorter first, then bytewise.</summary>
    public void WriteKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        WriteKey(StrictUtf8.GetBytes(key));
    }

    /// <summary>Writes a key given as UTF-8, by the rules of <see cref="WriteKey(string)"/>.</summary>
    public void WriteKey(ReadOnlySpan<byte> utf8)
    {
        Require(_depth > 0 && _frames[_depth - 1].KeyDue, "no map key is due");
        ref CborFrame frame = ref _frames[_depth - 1];
        Require(frame.KeyLength < 0
            || DagCbor.CompareKeys(_buffer.AsSpan(frame.KeyStart, frame.KeyLength), utf8) < 0,
            "map keys must be unique and sorted");
        Require(System.Text.Unicode.Utf8.IsValid(utf8), "a map key must be UTF-8");
        Head(major: 3, (ulong)utf8.Length);
        frame.KeyStart = _length;
        frame.KeyLength = utf8.Length;
        frame.KeyDue = false;
        Append(utf8);
    }

    /// <summary>Writes a byte string.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Begin();
        Head(major: 2, (ulong)bytes.Length);
        Append(bytes);
        End();
    }

    /// <summary>Writes text.</summary>
    /// <exception cref="System.Text.EncoderFallbackException">The text has a lone surrogate.</exception>
    public void WriteText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        WriteText(StrictUtf8.GetBytes(text));
    }

    /// <summary>Writes text given as UTF-8.</summary>
    public void WriteText(ReadOnlySpan<byte> utf8)
    {
        Require(System.Text.Unicode.Utf8.IsValid(utf8), "text must be UTF-8");
        Begin();
        Head(major: 3, (ulong)utf8.Length);
        Append(utf8);
        End();
    }

    /// <summary>Writes a whole number of zero or more.</summary>
    public void WriteUInt(ulong value)
    {
        Begin();
        Head(major: 0, value);
        End();
    }

    /// <summary>Writes a whole number.</summary>
    public void WriteInt(long value)
    {
        Begin();
        Head(value < 0 ? 1 : 0, (ulong)(value < 0 ? ~value : value));
        End();
    }

    /// <summary>Writes true or false.</summary>
    public void WriteBool(bool value) => WriteSimple(value ? (byte)0xf5 : (byte)0xf4);

    /// <summary>Writes null.</summary>
    public void WriteNull() => WriteSimple(0xf6);

    /// <summary>Writes a finite number with 64 bits.</summary>
    public void WriteFloat(double value)
    {
        Require(double.IsFinite(value), "a float must be finite");
        Begin();
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = 0xfb;
        BinaryPrimitives.WriteDoubleBigEndian(bytes[1..], value);
        Append(bytes);
        End();
    }

    /// <summary>Writes a link: tag 42 around a zero byte and the CID.</summary>
    public void WriteLink(ReadOnlySpan<byte> cid)
    {
        Require(Cid.IsWellFormed(cid), "a link must be a CID");
        Begin();
        Head(major: 6, DagCbor.LinkTag);
        Head(major: 2, (ulong)cid.Length + 1);
        Append([0]);
        Append(cid);
        End();
    }

    /// <summary>Writes an item that is already encoded, after checking that it is canonical and not too deep.</summary>
    public void WriteRaw(ReadOnlySpan<byte> item)
    {
        CborReader reader = new(item);
        Require(reader.TrySkip() && reader.TryFinish(), "a raw item must be canonical");
        Require(_depth + reader.DepthReached <= DagCbor.DepthMax, "containers are nested too deep");
        Begin();
        Append(item);
        End();
    }

    internal static System.Text.UTF8Encoding StrictUtf8 { get; } =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private void WriteSimple(byte value)
    {
        Begin();
        Append([value]);
        End();
    }

    private void Open(int major, int count)
    {
        Require(count >= 0, "a count must not be negative");
        Begin();
        Require(_depth < DagCbor.DepthMax, "containers are nested too deep");
        Head(major, (ulong)count);
        if (count == 0)
        {
            End();
            return;
        }

        if (_depth == _frames.Length)
            Array.Resize(ref _frames, 2 * _depth);
        _frames[_depth++] = new CborFrame(count, isMap: major == 5);
    }

    private void Begin()
    {
        if (_depth > 0)
            Require(!_frames[_depth - 1].KeyDue, "a map key is due");
        else
            Require(!_rootWritten, "the item is complete");
        _rootWritten = true;
    }

    private void End()
    {
        while (_depth > 0)
        {
            ref CborFrame frame = ref _frames[_depth - 1];
            if (--frame.Remaining > 0)
            {
                frame.KeyDue = frame.IsMap;
                return;
            }

            _depth--;
        }
    }

    private void Head(int major, ulong argument)
    {
        Span<byte> head = stackalloc byte[CborHead.LengthMax];
        Append(head[..CborHead.Write(major, argument, head)]);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        int needed = checked(_length + bytes.Length);
        if (needed > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Clamp(_buffer.Length * 2L, needed, Array.MaxLength));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = needed;
    }

    private static void Require(bool truth, string message)
    {
        if (!truth)
            throw new InvalidOperationException("CBOR writer: " + message + ".");
    }
}
