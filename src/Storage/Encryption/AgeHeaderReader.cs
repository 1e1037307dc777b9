using System.Buffers;
using System.Text;

namespace Omega.P2P.Storage.Encryption;

/// <summary>
/// Reads a header line by line from pieces of any size. Total and bounded: at most <see cref="AgeFormat.HeaderMax"/>
/// bytes are kept, a fault is a value and final.
/// </summary>
internal sealed class AgeHeaderReader
{
    private readonly ArrayBufferWriter<byte> _bytes = new(512);
    private readonly List<AgeStanza> _stanzas = [];
    private readonly ArrayBufferWriter<byte> _body = new(64);
    private IReadOnlyList<string>? _arguments;
    private int _stanzaLine;
    private int _lineStart;
    private int _line;

    /// <summary>The header once it is whole.</summary>
    public AgeHeader? Header { get; private set; }

    public AgeError Error { get; private set; }

    /// <summary>Takes bytes up to the end of the header.</summary>
    /// <returns>How many were taken; fewer than given only where the header is whole or refused.</returns>
    public int Take(ReadOnlySpan<byte> input)
    {
        var taken = 0;
        while (taken < input.Length && Header is null && Error.Fault == AgeFault.None)
        {
            var rest = input[taken..];
            var end = rest.IndexOf((byte)'\n');
            var piece = end < 0 ? rest : rest[..(end + 1)];
            if (_bytes.WrittenCount + piece.Length > AgeFormat.HeaderMax)
            {
                Error = _line == 0 ? new(AgeFault.NotAge, 0) : new(AgeFault.HeaderTooLong, 0);
                break;
            }

            _bytes.Write(piece);
            taken += piece.Length;
            var line = _bytes.WrittenSpan[_lineStart..];
            if (end < 0)
            {
                RefuseEarly(line);
                continue;
            }

            _line++;
            Error = OnLine(line[..^1]);
            _lineStart = _bytes.WrittenCount;
        }

        return taken;
    }

    /// <summary>The fault of a file that ends here.</summary>
    public AgeError AtEnd()
    {
        if (Error.Fault != AgeFault.None)
            return Error;
        return _line == 0 && !AgeFormat.VersionLine.StartsWith(_bytes.WrittenSpan)
            ? new AgeError(AgeFault.NotAge, 0)
            : new AgeError(AgeFault.Header, _line + 1);
    }

    /// <summary>A gigabyte of something else is refused by its first bytes, not when the bound is reached.</summary>
    private void RefuseEarly(ReadOnlySpan<byte> line)
    {
        var known = Math.Min(line.Length, AgeFormat.VersionPrefix.Length);
        if (_line == 0 && !line[..known].SequenceEqual(AgeFormat.VersionPrefix[..known]))
            Error = new AgeError(AgeFault.NotAge, 0);
    }

    private AgeError OnLine(ReadOnlySpan<byte> line)
    {
        if (_line == 1)
        {
            return line.SequenceEqual(AgeFormat.VersionLine) ? AgeError.None
                : line.StartsWith(AgeFormat.VersionPrefix) ? new AgeError(AgeFault.Version, 1)
                : new AgeError(AgeFault.NotAge, 0);
        }

        var isGood = _arguments is not null ? OnBody(line)
            : line.StartsWith("-> "u8) ? OnArguments(line[3..])
            : line.StartsWith("--- "u8) && OnMac(line[4..]);
        return isGood ? AgeError.None : new AgeError(AgeFault.Header, _line);
    }

    private bool OnArguments(ReadOnlySpan<byte> line)
    {
        var arguments = new List<string>();
        foreach (var range in line.Split((byte)' '))
        {
            var argument = line[range];
            if (argument.IsEmpty || argument.ContainsAnyExceptInRange((byte)33, (byte)126))
                return false;
            arguments.Add(Encoding.ASCII.GetString(argument));
        }

        _arguments = arguments;
        _stanzaLine = _line;
        return true;
    }

    private bool OnBody(ReadOnlySpan<byte> line)
    {
        var room = _body.GetSpan(AgeFormat.LineMax);
        if (line.Length > AgeFormat.LineMax || !AgeFormat.TryDecodeBase64(line, room, out var written))
            return false;
        _body.Advance(written);
        if (line.Length == AgeFormat.LineMax)
            return true;
        _stanzas.Add(new AgeStanza(_stanzaLine, _arguments!, _body.WrittenSpan.ToArray()));
        _body.ResetWrittenCount();
        _arguments = null;
        return true;
    }

    private bool OnMac(ReadOnlySpan<byte> text)
    {
        const int MacText = 43;
        Span<byte> mac = stackalloc byte[48];
        if (_stanzas.Count == 0 || text.Length != MacText
            || !AgeFormat.TryDecodeBase64(text, mac, out var length) || length != AgeFormat.MacSize)
            return false;
        var authenticated = _bytes.WrittenSpan[..(_lineStart + 3)].ToArray();
        Header = new AgeHeader(_stanzas, authenticated, mac[..length].ToArray(), _line);
        return true;
    }
}
