using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Fetching;

/// <summary>One request under way: what a holder was asked for, and how far it came. Changed by its transfer only.
/// </summary>
internal sealed class Leg(Want want, Link link, Piece piece, long nowMs)
{
    public Want Want { get; } = want;

    public Link Link { get; } = link;

    public PeerId Peer => Link.Peer;

    /// <summary>What it has to bring; shrinks when its tail goes to another holder.</summary>
    public Piece Piece { get; set; } = piece;

    public BlocksFetch? Fetch { get; set; }

    /// <summary>Every wanted byte below was proven.</summary>
    public long VerifiedTo => Math.Max(Piece.Start, Fetch?.VerifiedTo ?? Piece.Start);

    /// <summary>What was proven when it was last looked at.</summary>
    public long SeenTo { get; set; } = piece.Start;

    /// <summary>Running time of the last progress.</summary>
    public long ProgressMs { get; set; } = nowMs;

    /// <summary>The other leg that brings the same bytes: whichever is first wins.</summary>
    public Leg? Twin { get; set; }

    /// <summary>What it still brings is of no use: its twin was first, or the transfer is over.</summary>
    public bool IsVoid { get; set; }

    public Piece? Rest => Piece.After(VerifiedTo);
}
