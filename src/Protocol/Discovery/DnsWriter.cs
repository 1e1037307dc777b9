using System.Buffers.Binary;
using System.Text;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>Writes one DNS message; every name whole.</summary>
internal static class DnsWriter
{
    public static byte[] Write(DnsMessage message)
    {
        var bytes = new List<byte>(512);
        UInt16(bytes, message.Id);
        UInt16(bytes, message.IsResponse ? 0x8400 : 0); // authoritative
        UInt16(bytes, message.Questions.Count);
        UInt16(bytes, message.Answers.Count);
        UInt16(bytes, 0);
        UInt16(bytes, message.Additionals.Count);
        foreach (var question in message.Questions)
        {
            Name(bytes, question.Name);
            UInt16(bytes, (ushort)question.Type);
            UInt16(bytes, question.WantsUnicast ? 0x8001 : 1);
        }

        foreach (var record in message.Answers.Concat(message.Additionals))
            Record(bytes, record);
        if (bytes.Count > DnsMessage.SizeBytesMax)
            throw new ArgumentException("A DNS message has at most 9,000 bytes.", nameof(message));
        return [.. bytes];
    }

    private static void Record(List<byte> bytes, DnsRecord record)
    {
        Name(bytes, record.Name);
        UInt16(bytes, (ushort)record.Type);
        UInt16(bytes, record.FlushesCache ? 0x8001 : 1);
        UInt16(bytes, (int)(record.TtlSeconds >> 16));
        UInt16(bytes, (int)(record.TtlSeconds & 0xffff));
        var data = new List<byte>();
        switch (record.Type)
        {
            case DnsType.Ptr:
                Name(data, record.Target);
                break;
            case DnsType.Srv:
                UInt16(data, 0);
                UInt16(data, 0);
                UInt16(data, record.Port);
                Name(data, record.Target);
                break;
            case DnsType.Txt:
                foreach (var text in record.Texts)
                    Counted(data, Encoding.UTF8.GetBytes(text), 255);
                if (data.Count == 0)
                    data.Add(0);
                break;
            default:
                data.AddRange(record.Data.Span);
                break;
        }

        UInt16(bytes, data.Count);
        bytes.AddRange(data);
    }

    private static void Name(List<byte> bytes, string name)
    {
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
            Counted(bytes, Encoding.Latin1.GetBytes(label), 63);
        bytes.Add(0);
    }

    private static void Counted(List<byte> bytes, byte[] text, int lengthMax)
    {
        if (text.Length > lengthMax)
            throw new ArgumentException($"A label or text has at most {lengthMax} bytes.", nameof(text));
        bytes.Add((byte)text.Length);
        bytes.AddRange(text);
    }

    private static void UInt16(List<byte> bytes, int value)
    {
        Span<byte> two = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(two, (ushort)value);
        bytes.AddRange(two);
    }
}
