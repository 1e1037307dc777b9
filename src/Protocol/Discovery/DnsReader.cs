using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>Reads one DNS message; total.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    private const int NameBytesMax = 255;
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    public bool TryRead([NotNullWhen(true)] out DnsMessage? message)
    {
        message = null;
        if (!TryUInt16(out var id) || !TryUInt16(out var flags)
            || !TryUInt16(out var questions) || !TryUInt16(out var answers)
            || !TryUInt16(out var authorities) || !TryUInt16(out var additionals)
            || questions > DnsMessage.EntriesMax || answers + authorities + additionals > DnsMessage.EntriesMax)
            return false;
        var asked = new List<DnsQuestion>();
        for (var i = 0; i < questions; i++)
        {
            if (!TryQuestion(asked))
                return false;
        }

        if (!TryRecords(answers, out var answered) || !TryRecords(authorities, out _)
            || !TryRecords(additionals, out var added) || _at != _message.Length)
            return false;
        message = new DnsMessage
        {
            Id = id,
            IsResponse = (flags & 0x8000) != 0,
            Questions = asked,
            Answers = answered,
            Additionals = added,
        };
        return true;
    }

    private bool TryQuestion(List<DnsQuestion> asked)
    {
        if (!TryName(ref _at, out var name) || !TryUInt16(out var type) || !TryUInt16(out var kind))
            return false;
        if ((kind & 0x7fff) is 1 or 255)
            asked.Add(new DnsQuestion(name, (DnsType)type, (kind & 0x8000) != 0));
        return true;
    }

    private bool TryRecords(int count, out List<DnsRecord> records)
    {
        records = [];
        for (var i = 0; i < count; i++)
        {
            if (!TryName(ref _at, out var name) || !TryUInt16(out var type) || !TryUInt16(out var kind)
                || !TryUInt16(out var ttlHigh) || !TryUInt16(out var ttlLow) || !TryUInt16(out var length)
                || length > _message.Length - _at)
                return false;
            var end = _at + length;
            var ttl = ((uint)ttlHigh << 16) | ttlLow;
            var record = new DnsRecord(name, (DnsType)type, ttl, (kind & 0x8000) != 0);
            if (!TryData(ref record, end))
                return false;
            _at = end;
            if ((kind & 0x7fff) == 1)
                records.Add(record);
        }

        return true;
    }

    private bool TryData(ref DnsRecord record, int end)
    {
        var at = _at;
        switch (record.Type)
        {
            case DnsType.Ptr:
                if (!TryName(ref at, out var target) || at != end)
                    return false;
                record = record with { Target = target };
                return true;
            case DnsType.Srv:
                if (end - at < 7)
                    return false;
                var port = BinaryPrimitives.ReadUInt16BigEndian(_message[(at + 4)..]);
                at += 6;
                if (!TryName(ref at, out var host) || at != end)
                    return false;
                record = record with { Target = host, Port = port };
                return true;
            case DnsType.Txt:
                return TryTexts(ref record, end);
            default:
                record = record with { Data = _message[at..end].ToArray() };
                return true;
        }
    }

    private readonly bool TryTexts(ref DnsRecord record, int end)
    {
        var texts = new List<string>();
        for (var at = _at; at < end;)
        {
            var length = _message[at++];
            if (length > end - at)
                return false;
            if (length > 0)
                texts.Add(Encoding.UTF8.GetString(_message.Slice(at, length)));
            at += length;
        }

        record = record with { Texts = texts };
        return true;
    }

    /// <summary>A name at <paramref name="at"/>, which goes behind it. A pointer must point before where its name, or
    /// the pointer before it, began: so it can neither loop nor point ahead.</summary>
    private readonly bool TryName(ref int at, out string name)
    {
        name = "";
        var text = new StringBuilder();
        var (cursor, floor, jumped) = (at, at, false);
        while (true)
        {
            if (cursor >= _message.Length)
                return false;
            var length = _message[cursor];
            if (length >= 0xc0)
            {
                if (cursor + 1 >= _message.Length)
                    return false;
                var to = ((length & 0x3f) << 8) | _message[cursor + 1];
                if (!jumped)
                    at = cursor + 2;
                if (to >= floor)
                    return false;
                (cursor, floor, jumped) = (to, to, true);
                continue;
            }

            if (length > 63 || length > _message.Length - cursor - 1)
                return false;
            cursor++;
            if (length == 0)
                break;
            if (text.Length + length + 1 > NameBytesMax)
                return false;
            if (text.Length > 0)
                text.Append('.');
            foreach (var octet in _message.Slice(cursor, length))
                text.Append(octet is >= (byte)'A' and <= (byte)'Z' ? (char)(octet + 32) : (char)octet);
            cursor += length;
        }

        if (!jumped)
            at = cursor;
        name = text.ToString();
        return true;
    }

    private bool TryUInt16(out ushort value)
    {
        value = 0;
        if (_message.Length - _at < 2)
            return false;
        value = BinaryPrimitives.ReadUInt16BigEndian(_message[_at..]);
        _at += 2;
        return true;
    }
}
