namespace Omega.P2P.Protocol.Discovery;

/// <summary>DNS record types that mDNS discovery reads (RFC 1035, 2782, 3596).</summary>
public enum DnsType : ushort
{
    /// <summary>IPv4 address.</summary>
    A = 1,

    /// <summary>Pointer to a name.</summary>
    Ptr = 12,

    /// <summary>Texts.</summary>
    Txt = 16,

    /// <summary>IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Host and port of a service.</summary>
    Srv = 33,

    /// <summary>In a question: all types.</summary>
    Any = 255,
}

/// <summary>One question.</summary>
/// <param name="Name">Lower case, labels parted by dots.</param>
/// <param name="Type">What is asked.</param>
/// <param name="WantsUnicast">The QU bit: the answer may go to the asker alone.</param>
public sealed record DnsQuestion(string Name, DnsType Type, bool WantsUnicast = false);

/// <summary>One resource record of class IN.</summary>
/// <param name="Name">Lower case, labels parted by dots.</param>
/// <param name="Type">Its type; also ones not in <see cref="DnsType"/>.</param>
/// <param name="TtlSeconds">How long it holds; 0 says goodbye.</param>
/// <param name="FlushesCache">Whether it replaces what was known under name and type.</param>
public sealed record DnsRecord(string Name, DnsType Type, uint TtlSeconds, bool FlushesCache)
{
    /// <summary>Target of PTR and SRV; else empty.</summary>
    public string Target { get; init; } = "";

    /// <summary>Port of SRV.</summary>
    public ushort Port { get; init; }

    /// <summary>Texts of TXT.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Data of all other types, as sent: 4 or 16 bytes of an address.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }
}
