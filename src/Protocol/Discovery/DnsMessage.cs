using System.Diagnostics.CodeAnalysis;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>
/// One DNS message as multicast DNS uses it (RFC 1035 section 4, RFC 6762 section 18). Reading is total and bounded;
/// names are written whole, read with compression. Authorities are skipped, records of classes but IN left out.
/// </summary>
public sealed record DnsMessage
{
    /// <summary>Longest message read or written, in bytes (RFC 6762 section 17).</summary>
    public const int SizeBytesMax = 9000;

    /// <summary>Most questions, and most records, of a message. Origin: guess.</summary>
    public const int EntriesMax = 256;

    /// <summary>0 but for askers that speak plain DNS.</summary>
    public ushort Id { get; init; }

    /// <summary>Whether it answers; else it asks.</summary>
    public bool IsResponse { get; init; }

    /// <summary>What is asked.</summary>
    public IReadOnlyList<DnsQuestion> Questions { get; init; } = [];

    /// <summary>Answers; in a question, those that the asker knows.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    /// <summary>What the asker will want to know next.</summary>
    public IReadOnlyList<DnsRecord> Additionals { get; init; } = [];

    /// <summary>The bytes.</summary>
    /// <exception cref="ArgumentException">A label over 63 bytes, a text over 255, or the whole over its bound.
    /// </exception>
    public byte[] Encode() => DnsWriter.Write(this);

    /// <summary>Reads a message; false for anything out of form or over a bound, compression that loops or points
    /// ahead included.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DnsMessage? message)
    {
        message = null;
        return bytes.Length <= SizeBytesMax && new DnsReader(bytes).TryRead(out message);
    }
}
