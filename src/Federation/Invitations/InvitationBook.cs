using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Invitations;

/// <summary>One open or redeemed invitation.</summary>
internal sealed record Invitation(long ExpiresUnixMs, string? Petname, PeerId? RedeemedBy);

/// <summary>
/// Invitations we made: document <c>invite/HASH</c>, where HASH is the secret's; the secret itself is only in the
/// ticket. An expired one goes when room is needed.
/// </summary>
internal sealed class InvitationBook
{
    private const string Prefix = "invite/";
    private readonly Outbox _outbox;
    private readonly FederationLimits _limits;
    private readonly SortedDictionary<Hash256, Invitation> _invitations = [];

    public InvitationBook(Outbox outbox, FederationLimits limits, IEnumerable<StoredDocument> documents)
    {
        _outbox = outbox;
        _limits = limits;
        foreach (var document in documents)
        {
            if (document.Key.StartsWith(Prefix, StringComparison.Ordinal)
                && Hash256.TryParseHex(document.Key.AsSpan(Prefix.Length), out var secretHash)
                && TryDecode(document.Value.Span, out var invitation))
                _invitations[secretHash] = invitation;
        }
    }

    public bool TryAdd(Hash256 secretHash, Invitation invitation)
    {
        var now = _outbox.Now.UnixMs;
        foreach (var (hash, _) in _invitations.Where(i => i.Value.ExpiresUnixMs < now).ToList())
        {
            if (_invitations.Count < _limits.Invitations)
                break;
            _invitations.Remove(hash);
            _outbox.Delete(Prefix + hash);
        }
        if (_invitations.Count >= _limits.Invitations)
            return false;
        Put(secretHash, invitation);
        return true;
    }

    /// <summary>
    /// The invitation that this peer may redeem now: open and not expired, or redeemed by this very peer before, so
    /// that a lost answer can be asked for again.
    /// </summary>
    public Invitation? FindFor(Hash256 secretHash, PeerId peer)
    {
        if (!_invitations.TryGetValue(secretHash, out var invitation))
            return null;
        if (invitation.RedeemedBy is { } redeemer)
            return redeemer == peer ? invitation : null;
        return invitation.ExpiresUnixMs > _outbox.Now.UnixMs ? invitation : null;
    }

    public void Redeem(Hash256 secretHash, PeerId peer) =>
        Put(secretHash, _invitations[secretHash] with { RedeemedBy = peer });

    private void Put(Hash256 secretHash, Invitation invitation)
    {
        _invitations[secretHash] = invitation;
        var writer = new CborWriter();
        writer.WriteMapStart(3);
        writer.WriteKey("peer");
        writer.WriteBytes(invitation.RedeemedBy is { } peer ? peer.AsSpan() : []);
        writer.WriteKey("expires");
        writer.WriteUInt((ulong)invitation.ExpiresUnixMs);
        writer.WriteKey("petname");
        writer.WriteText(invitation.Petname ?? "");
        _outbox.Put(Prefix + secretHash, writer.ToArray());
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out Invitation invitation)
    {
        invitation = new Invitation(0, null, null);
        var reader = new CborReader(bytes);
        if (!reader.TryReadMapStart(out var count) || count != 3
            || !reader.TryReadKey("peer"u8) || !reader.TryReadBytes(out var peerBytes)
            || !reader.TryReadKey("expires"u8) || !reader.TryReadSize(out var expires)
            || !reader.TryReadKey("petname"u8) || !reader.TryReadText(OmegaLimits.NameBytes, out var petname)
            || !reader.TryFinish())
            return false;
        PeerId? redeemedBy = PeerId.TryFromBytes(peerBytes, out var peer) ? peer : null;
        invitation = new Invitation(expires, petname.Length == 0 ? null : petname, redeemedBy);
        return peerBytes.IsEmpty || redeemedBy is not null;
    }
}
