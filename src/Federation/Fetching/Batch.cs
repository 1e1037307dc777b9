using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Fetching;

/// <summary>One request for many contents under way. Changed by its transfer only.</summary>
internal sealed class Batch(Link link, IReadOnlyList<BatchItem> items, long nowMs)
{
    public Link Link { get; } = link;

    public PeerId Peer => Link.Peer;

    /// <summary>In the order asked.</summary>
    public IReadOnlyList<BatchItem> Items { get; } = items;

    public ManyFetch? Fetch { get; set; }

    /// <summary>Bytes received when it was last looked at.</summary>
    public long SeenWire { get; set; }

    /// <summary>Running time of the last progress.</summary>
    public long ProgressMs { get; set; } = nowMs;

    /// <summary>The other request that brings the same contents: of each, the first one wins.</summary>
    public Batch? Twin { get; set; }

    /// <summary>What has not ended yet.</summary>
    public IEnumerable<BatchItem> Rest => Items.Skip(Fetch?.ItemsEnded ?? 0).Where(item => !item.Want.IsHere);

    /// <summary>What it still brings is of no use: its twin brought it, or the transfer is over.</summary>
    public bool IsVoid { get; set; }
}

/// <summary>What a batch asks of one content.</summary>
internal readonly record struct BatchItem(Want Want, Piece Piece);
