using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>How a node looks for its neighbours; times are milliseconds of running time.</summary>
public sealed record MdnsOptions
{
    /// <summary>Ourselves.</summary>
    public required PeerId Self { get; init; }

    /// <summary>The random name and the delays come from here (law 12).</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>How long our records hold, in seconds. Origin: RFC 6762 section 10, records with a host name.</summary>
    public uint TtlSeconds { get; init; } = 120;

    /// <summary>From the start to the second question; doubles from one to the next. Origin: RFC 6762 section 5.2.
    /// </summary>
    public long QueryMsFirst { get; init; } = 1000;

    /// <summary>Longest time between questions. Origin: RFC 6762 section 5.2, an hour.</summary>
    public long QueryMsMax { get; init; } = 3_600_000;

    /// <summary>Shortest and longest delay of an answer that others give as well. Origin: RFC 6762 section 6.</summary>
    public (int Least, int Most) AnswerDelayMs { get; init; } = (20, 120);

    /// <summary>Between two multicasts of our records on one interface. Origin: RFC 6762 section 6, a second.</summary>
    public long AnswerEveryMs { get; init; } = 1000;

    /// <summary>Packets read a second, twice as many at once; more are passed over. Origin: guess, a hundred nodes that
    /// all speak at once.</summary>
    public int PacketsPerSecond { get; init; } = 500;

    /// <summary>Answers to one asker alone a second, on all interfaces; twice as many at once. Origin: guess.</summary>
    public int UnicastsPerSecond { get; init; } = 20;

    /// <summary>Peers and new addresses of peers told a second; four times as many at once. Origin: guess, as many as
    /// there are trusted peers when all come back together.</summary>
    public int FoundPerSecond { get; init; } = 64;

    /// <summary>Peers remembered; one more takes the place of the one heard of longest ago. Origin: guess.</summary>
    public int PeersMax { get; init; } = 256;

    /// <summary>Addresses taken of one peer. Origin: guess.</summary>
    public int AddressesMax { get; init; } = 16;
}
