namespace Omega.P2P.Federation;

/// <summary>Every bound of a federation core, with its unit and where the number comes from.</summary>
public sealed record FederationLimits
{
    /// <summary>The shipped bounds.</summary>
    public static FederationLimits Default { get; } = new();

    /// <summary>Trusted peers (guess: a household or a small company).</summary>
    public int Peers { get; init; } = 256;

    /// <summary>Links at once, untrusted ones included (guess).</summary>
    public int Links { get; init; } = 1024;

    /// <summary>Streams one link may have open towards us (yamux peers rarely need more; guess).</summary>
    public int StreamsPerLink { get; init; } = 32;

    /// <summary>Links of peers that the authority manifest does not name: guests who join, and IPFS software (guess).
    /// </summary>
    public int StrangerLinks { get; init; } = 128;

    /// <summary>Streams one link may have open towards us when it opens one more for bitswap. Helia opens one for each
    /// message, up to 50 at once.</summary>
    public int BitswapStreamsPerLink { get; init; } = 128;

    /// <summary>Streams that a peer which the authority manifest does not name may open a second; ten times as many at
    /// once (guess: a guest joins with one, Helia opens one for each message).</summary>
    public int StrangerStreamsPerSecond { get; init; } = 200;

    /// <summary>Streams of bitswap answers under way on one link (guess: the next opens while one is sent).</summary>
    public int BitswapAnswersPerLink { get; init; } = 4;

    /// <summary>Wants answered on one stream (guess).</summary>
    public int BitswapBatch { get; init; } = 64;

    /// <summary>Wants of one link that are read in a second; more wait unread (guess: 1 GB/s of 64 KiB
    /// chunks).</summary>
    public int BitswapWantsPerSecond { get; init; } = 16_384;

    /// <summary>Requests waiting on one incoming stream before it is reset (guess).</summary>
    public int RequestsPerStream { get; init; } = 32;

    /// <summary>Requests we keep waiting on one outgoing catalog stream (guess).</summary>
    public int AsksPerLink { get; init; } = 256;

    /// <summary>Commands of one kind under way (guess).</summary>
    public int Commands { get; init; } = 1024;

    /// <summary>Open invitations (guess).</summary>
    public int Invitations { get; init; } = 256;

    /// <summary>Addresses kept per peer (guess).</summary>
    public int AddressesPerPeer { get; init; } = 16;

    /// <summary>Public contents remembered per followed domain, of those that gossip told of (guess).</summary>
    public int HeardContents { get; init; } = 4096;

    /// <summary>The same of those that anybody on the network may have told (guess: half; the others stay).</summary>
    public int HearsayPerPeer { get; init; } = 8;

    /// <summary>Links of one peer (guess: one, one more where both dialled, and leftovers of broken ones).</summary>
    public int LinksPerPeer { get; init; } = 8;

    /// <summary>Streams that all links together may have open towards us (guess: 64 links with 64 each).</summary>
    public int Streams { get; init; } = 4096;

    /// <summary>Streams open towards us above which those of strangers are refused: the rest is for trusted peers
    /// (guess: half).</summary>
    public int StrangerStreams { get; init; } = 2048;

    /// <summary>Addresses of one peer that are tried at once (guess).</summary>
    public int DialsPerPeer { get; init; } = 8;

    /// <summary>How long an address has before the next is tried beside it (RFC 8305: 250 ms).</summary>
    public TimeSpan DialStagger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a link has to last for the next redial to be early again (guess).</summary>
    public TimeSpan SettledAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often what anybody may have told makes us dial at once (guess).</summary>
    public TimeSpan HearsayEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Redial delay at first (mesh contract: 1 s).</summary>
    public TimeSpan RedialFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Redial delay at most (mesh contract: 60 s).</summary>
    public TimeSpan RedialMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often heads are pulled as a repair of lost announcements (mesh contract: 60 s).</summary>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a request on a stream may go unanswered, and bulk without a byte (guess: a slow disk and a
    /// slow link).</summary>
    public TimeSpan AskTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Bytes one request asks a holder for when it is the only one (guess: a request costs a round trip,
    /// and its tail can go to another holder that comes up).</summary>
    public long RangeBytes { get; init; } = 1L << 30;

    /// <summary>Requests in flight to one holder; small contents need several (guess).</summary>
    public int RangesInFlight { get; init; } = 4;

    /// <summary>Requests in flight to one of several holders of one content: one arrives while the next is on its way.
    /// </summary>
    public int RangesOfContent { get; init; } = 2;

    /// <summary>What one of several holders is asked for at a time: its measured speed over so long (guess).</summary>
    public TimeSpan PieceTime { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The same, at least; and the first time (guess).</summary>
    public long PieceBytesMin { get; init; } = 256 << 10;

    /// <summary>The same, at most (guess).</summary>
    public long PieceBytesMax { get; init; } = 8L << 20;

    /// <summary>How far ahead of the first missing byte several holders may bring: what is held until the gap closes
    /// (guess).</summary>
    public long AheadBytes { get; init; } = 64L << 20;

    /// <summary>How often transfers under way are looked at (guess).</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A holder that brings nothing for so long, while another does or could, is replaced (guess; issue: it
    /// may cost 2 s).</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When a peer that lacked something is asked again, while a transfer runs; each time twice as late
    /// (guess: a head takes as long to be followed).</summary>
    public TimeSpan AskAgainFirst { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The same, at most (guess).</summary>
    public TimeSpan AskAgainMax { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Questions to one peer at once what it holds (guess: an eighth of <see cref="StreamsPerLink"/>).
    /// </summary>
    public int HavesInFlight { get; init; } = 4;

    /// <summary>Tries of one range over all holders before a transfer fails (guess).</summary>
    public int RangeTries { get; init; } = 6;

    /// <summary>How long a join may take from first dial to answer (guess: a person waits).</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a fetch waits for a holder to come up before it fails (guess: one redial round).</summary>
    public TimeSpan HolderWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Leaves of one followed domain staged at once, and kept in all (guess: 32 bytes each).</summary>
    public long Leaves { get; init; } = 4L << 20;

    /// <summary>Entry bytes of one followed domain staged before they show (guess).</summary>
    public long StagedBytes { get; init; } = 64L << 20;

    /// <summary>Entries kept per followed domain (guess).</summary>
    public int EntriesPerDomain { get; init; } = 1 << 20;

    /// <summary>Groups asked in one challenge (guess: 16 of 16 KiB find a holder that lacks 20 % with 97 %).</summary>
    public int ChallengeGroups { get; init; } = 16;

    /// <summary>Contents in one custody question, and challenged at once (guess).</summary>
    public int ChallengesInFlight { get; init; } = 16;

    /// <summary>How long a peer that did not answer in time rests, unless a new link comes up (guess).</summary>
    public TimeSpan RestsFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a peer that broke a rule is used by nobody (guess).</summary>
    public TimeSpan DemotedFor { get; init; } = TimeSpan.FromMinutes(10);
}
