namespace Omega.P2P.Storage.Encryption;

/// <summary>
/// Takes off the armor: strict PEM (RFC 7468 section 3) with lines of 64 columns, canonical base 64, LF or CRLF, and at
/// most 1,024 bytes of white space around it. Pieces of any size; a fault is a value and final.
/// </summary>
internal sealed class AgeArmorReader(AgeArmorReader.Sink sink)
{
    private const int SpaceMax = 1024;

    private readonly byte[] _line = new byte[AgeFormat.LineMax + 2];
    private int _length;
    private int _number = 1;
    private int _spaces;
    private State _state = State.Before;

    public delegate bool Sink(ReadOnlySpan<byte> bytes);

    private enum State
    {
        Before,
        Begin,
        Body,
        LastLine,
        After,
        Failed,
    }

    public AgeError Error { get; private set; }

    /// <summary>False once something was refused, here or by the sink.</summary>
    public bool Write(ReadOnlySpan<byte> input)
    {
        foreach (var value in input)
        {
            if (!OnByte(value))
                return false;
        }

        return _state != State.Failed;
    }

    /// <summary>Whether the armor was closed; its last line may lack a line end.</summary>
    public bool Finish()
    {
        if (_state is State.Body or State.LastLine && _length > 0 && !OnLine())
            return false;
        return _state == State.After || Fail();
    }

    private bool OnByte(byte value)
    {
        var isSpace = value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
        if (_state is State.Before or State.After)
        {
            if (isSpace)
                return ++_spaces <= SpaceMax || Fail();
            if (_state == State.After)
                return Fail();
            _state = State.Begin;
            _spaces = 0;
        }

        if (value == '\n')
            return OnLine();
        if (_length == _line.Length)
            return Fail();
        _line[_length++] = value;
        return true;
    }

    private bool OnLine()
    {
        var line = _line.AsSpan(0, _length);
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        _length = 0;
        _number++;
        if (_state == State.Begin)
        {
            _state = State.Body;
            return line.SequenceEqual(AgeFormat.ArmorBegin) || Fail();
        }

        if (line.SequenceEqual(AgeFormat.ArmorEnd))
        {
            _state = State.After;
            return true;
        }

        Span<byte> bytes = stackalloc byte[48];
        if (_state == State.LastLine || line.IsEmpty || line.Length > AgeFormat.LineMax
            || !AgeFormat.TryDecodePadded(line, bytes, out var written))
            return Fail();
        if (line.Length < AgeFormat.LineMax || written < bytes.Length)
            _state = State.LastLine;
        return sink(bytes[..written]);
    }

    private bool Fail()
    {
        _state = State.Failed;
        Error = new AgeError(AgeFault.Armor, _number);
        return false;
    }
}
