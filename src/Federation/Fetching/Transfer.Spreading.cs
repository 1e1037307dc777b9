using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>Who brings what: pieces by measured speed, tails taken over, stalled holders replaced.</summary>
internal sealed partial class Transfer
{
    private long _lookedMs;

    /// <summary>Gives every holder that has room its next piece of a content.</summary>
    private void Spread(Want want)
    {
        var links = _services.UsableLinks(want.Holders);
        if (links.Count > 1)
            ShortenLongLegs(want);
        var isMore = true;
        while (isMore && !_isOver)
        {
            isMore = false;
            var inTurn = links.OrderBy(l => LegsOf(want, l.Peer)).ThenByDescending(l => _services.SpeedOf(l.Peer));
            foreach (var link in inTurn.ToList())
                isMore |= HasRoom(want, link, links.Count) && (TryTake(want, link, links.Count) || TryHelp(want, link));
        }
    }

    private bool IsRoomAnywhere() =>
        _services.UsableLinks().Exists(link => _services.LegsOf(link.Peer) < Limits.RangesInFlight);

    private static int LegsOf(Want want, PeerId peer) => want.Legs.Count(leg => leg.Peer == peer);

    private bool HasRoom(Want want, Link link, int holders) =>
        _services.LegsOf(link.Peer) < Limits.RangesInFlight
        && LegsOf(want, link.Peer) < (holders == 1 ? 1 : Limits.RangesOfContent);

    private bool TryTake(Want want, Link link, int holders)
    {
        if (want.Todo.IsEmpty)
            return false;
        var before = holders == 1 && want.Legs.Count == 0 ? long.MaxValue : want.Floor + Limits.AheadBytes;
        var bytes = holders == 1 ? Limits.RangeBytes : PieceBytes(link.Peer);
        if (want.Todo.Take(bytes, OmegaLimits.Ranges, before) is not { } piece)
            return false;
        Ask(want, link, piece);
        return true;
    }

    /// <summary>What a holder brings in a moment.</summary>
    private long PieceBytes(PeerId peer) => Math.Min(Limits.RangeBytes, Math.Clamp(
        (long)(_services.SpeedOf(peer) * Limits.PieceTime.TotalSeconds), Limits.PieceBytesMin, Limits.PieceBytesMax));

    private Leg Ask(Want want, Link link, Piece piece)
    {
        var leg = new Leg(want, link, piece, NowMs);
        want.Legs.Add(leg);
        _underWay++;
        _services.OnLegBegun(link.Peer);
        _requests++;
        var content = want.Content;
        leg.Fetch = _services.Blocks.Get(
            link, content.Content.Hash, content.Size, piece.Ranges, content.Sink, outcome => OnOutcome(leg, outcome));
        return leg;
    }

    /// <summary>The only holder was asked for everything: others take over what it did not send.</summary>
    private void ShortenLongLegs(Want want)
    {
        foreach (var leg in want.Legs.Where(leg => leg.Twin is null).ToList())
        {
            var bytes = PieceBytes(leg.Peer);
            if (leg.Rest is { } rest && rest.Bytes > 2 * Limits.PieceBytesMax)
                Shorten(leg, leg.VerifiedTo + bytes);
        }
    }

    private static void Shorten(Leg leg, long offset)
    {
        var at = checked(offset + RangeQueue.GroupBytes - 1) / RangeQueue.GroupBytes * RangeQueue.GroupBytes;
        if (leg.Piece.After(at) is not { } tail || leg.Piece.Before(at) is not { } head)
            return;
        leg.Piece = head;
        leg.Fetch!.StopAt(at); // a leg is shortened after it was asked for
        leg.Want.Todo.Add(tail.Ranges);
    }

    /// <summary>
    /// Nothing is left to begin: takes part of what the slowest leg still has to bring, so that all end at the same
    /// time; a rest too short to cut, or of a holder that does not move, is asked for twice and the first one wins.
    /// </summary>
    private bool TryHelp(Want want, Link link)
    {
        if (!want.Todo.IsEmpty || LegsOf(want, link.Peer) > 0)
            return false;
        var slowest = want.Legs.Where(leg => leg.Twin is null && !leg.IsVoid && leg.Peer != link.Peer)
            .MaxBy(leg => SecondsLeft(leg));
        if (slowest?.Rest is not { } rest)
            return false;
        var (ours, theirs) = (_services.SpeedOf(link.Peer), _services.SpeedOf(slowest.Peer));
        var isStill = NowMs - slowest.ProgressMs > 2 * Limits.LookEvery.TotalMilliseconds;
        if (isStill || (theirs > 0 && theirs * 4 < ours && rest.Bytes < 2 * Limits.PieceBytesMin))
        {
            Hedge(want, link, slowest, rest);
            return true;
        }
        if (rest.Bytes < 2 * Limits.PieceBytesMin || theirs <= 0)
            return false;
        var share = (long)(rest.Bytes * (ours / (ours + theirs + 1)));
        Shorten(slowest, rest.End - Math.Clamp(share, Limits.PieceBytesMin, rest.Bytes / 2));
        return !want.Todo.IsEmpty && TryTake(want, link, holders: 2);
    }

    private void Hedge(Want want, Link link, Leg slow, Piece rest)
    {
        var twin = Ask(want, link, rest);
        (twin.Twin, slow.Twin) = (slow, twin);
    }

    private double SecondsLeft(Leg leg) => (leg.Rest?.Bytes ?? 0) / (_services.SpeedOf(leg.Peer) + 1);

    private void LookLater()
    {
        _lookedMs = NowMs;
        _looking = _services.Outbox.After(Limits.LookEvery, OnLook);
    }

    private void OnLook()
    {
        _looking = null;
        // A node that was held up itself, by its disk say, has not looked for as long: that is nobody else's fault.
        var lateMs = Math.Max(0, NowMs - _lookedMs - (long)Limits.LookEvery.TotalMilliseconds);
        var legs = _single.SelectMany(w => w.Legs).ToList();
        foreach (var leg in legs)
        {
            leg.ProgressMs = leg.Fetch?.Activity == SinkActivity.Writing ? NowMs : leg.ProgressMs + lateMs;
            See(leg, leg.VerifiedTo);
        }
        LookAtBatches(lateMs);
        Tally(legs);
        foreach (var (peer, bytes) in _brought)
            _services.OnSpeed(peer, bytes, Limits.LookEvery);
        _brought.Clear();
        foreach (var leg in legs.Where(IsStalled))
        {
            _services.Report(leg.Peer, PeerFault.Timeout, "bulk stopped flowing");
            leg.Want.Holders.Remove(leg.Peer);
            _lacking.Add(leg.Peer);
            leg.Fetch?.Cut();
        }
        Advance();
    }

    private void See(Leg leg, long verifiedTo)
    {
        _brought[leg.Peer] = _brought.GetValueOrDefault(leg.Peer) + Math.Max(0, verifiedTo - leg.SeenTo);
        if (verifiedTo <= leg.SeenTo)
            return;
        (leg.SeenTo, leg.ProgressMs) = (verifiedTo, NowMs);
        StopWaiting();
    }

    /// <summary>Not the holder's fault where nothing flows at all, or its bytes wait for our disk.</summary>
    private bool IsStalled(Leg leg) =>
        NowMs - leg.ProgressMs >= Limits.StallAfter.TotalMilliseconds
        && (_wants.Exists(want => want.Legs.Exists(other => IsAhead(other, leg)))
            || _services.UsableLinks(leg.Want.Holders)
                .Exists(link => link.Peer != leg.Peer && LegsOf(leg.Want, link.Peer) == 0));

    private static bool IsAhead(Leg other, Leg leg) =>
        other.Peer != leg.Peer && other.ProgressMs > leg.ProgressMs && other.SeenTo > other.Piece.Start;
}
