using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.HeadGuard;

/// <summary>
/// Law 9: honest accidents are not lies. After a start no head leaves before a follower has said the largest head of
/// ours it holds. One that our history does not lead to makes the domain rolled-back: read-only, and no head leaves,
/// until the owner opens an epoch linked to the largest head witnessed.
/// </summary>
/// <remarks>
/// <para>Documents: <c>follower/PEER</c>, put before a peer is given its first head; <c>guard</c>, the note of the
/// largest head witnessed while rolled back.</para>
/// <para>A note convinces whoever shows it, trusted or not: it is signed by our own head key.</para>
/// </remarks>
internal sealed class OwnHeadGuard
{
    private const string FollowerPrefix = "follower/";
    private const string GuardKey = "guard";

    private readonly Outbox _outbox;
    private readonly TrustBook _trust;
    private readonly StandingBook _standing;
    private readonly SortedSet<PeerId> _followers = [];
    private readonly Func<PeerId, CatalogClient?> _catalogOf;
    private readonly Action _onFree;
    private SignedHead? _witnessed;
    private Manifests? _recovered;
    private string? _refusal;
    private bool _isDamaged;

    public OwnHeadGuard(
        Outbox outbox, TrustBook trust, StandingBook standing, IEnumerable<StoredDocument> documents,
        Func<PeerId, CatalogClient?> catalogOf, Action onFree)
    {
        _catalogOf = catalogOf;
        _outbox = outbox;
        _trust = trust;
        _standing = standing;
        _onFree = onFree;
        foreach (var document in documents)
        {
            if (document.Key == GuardKey)
                _witnessed = SignedHead.TryVerifyPast(document.Value, trust.Own, out var head) ? head : null;
            else if (document.Key.StartsWith(FollowerPrefix, StringComparison.Ordinal)
                && PeerId.TryParse(document.Key.AsSpan(FollowerPrefix.Length), out var follower))
                _followers.Add(follower);
        }
        State = _witnessed is not null ? OwnHeadState.RolledBack
            : _followers.Count == 0 ? OwnHeadState.Alone
            : OwnHeadState.Unconfirmed;
    }

    public OwnHeadState State { get; private set; }

    /// <summary>Whether a head may leave now.</summary>
    public bool IsFree => State is OwnHeadState.Alone or OwnHeadState.Confirmed;

    /// <summary>Why nothing may change the own manifest now; null where it may.</summary>
    public CommandResult.Failed? Objection =>
        State == OwnHeadState.RolledBack && !_isDamaged
            ? new CommandResult.Failed(MeshError.ReadOnly, "the domain is rolled back", "open a new epoch first")
        : _refusal is { } reason
            ? new CommandResult.Failed(MeshError.ReadOnly, $"the store takes no writes: {reason}")
        : null;

    /// <summary>Says again what the store has to be, after a restart.</summary>
    public void Start()
    {
        if (State == OwnHeadState.RolledBack)
            _outbox.Add(new MeshEffect.SetReadOnly("rolled-back"));
    }

    /// <summary>Asks a trusted peer, over a fresh link, what it holds of us.</summary>
    public void OnLinkUp(CatalogClient catalog)
    {
        var peer = catalog.Peer;
        if (State == OwnHeadState.RolledBack)
            RecoverManifests(catalog);
        catalog.Ask(new CatalogRequest.Held(_trust.OwnDomain), reply => OnHeld(peer, reply));
    }

    /// <summary>Put before the first head leaves to a peer.</summary>
    public void RememberFollower(PeerId peer)
    {
        if (_followers.Add(peer))
            _outbox.Put(FollowerPrefix + peer, new byte[] { 0xa0 });
        if (State == OwnHeadState.Alone)
            Move(OwnHeadState.Confirmed, "first follower");
    }

    public void ForgetFollower(PeerId peer)
    {
        if (!_followers.Remove(peer))
            return;
        _outbox.Delete(FollowerPrefix + peer);
        if (State == OwnHeadState.Unconfirmed && _followers.Count == 0)
            Free(OwnHeadState.Alone, "the last follower was removed");
    }

    /// <summary>
    /// Looks at a note that somebody says we signed. Anything not signed by our head key for our log is a lie of the
    /// sender's and changes nothing.
    /// </summary>
    /// <param name="from">Who shows it.</param>
    /// <param name="note">The signed note.</param>
    /// <param name="then">Called once the verdict is in <see cref="State"/>, maybe at once.</param>
    public void Examine(PeerId from, ReadOnlyMemory<byte> note, Action then)
    {
        if (!SignedHead.TryVerifyPast(note, _trust.Own, out var shown))
        {
            if (_trust.Find(from) is not null)
                _standing.Report(from, PeerFault.BadSignature, "a head that we did not sign");
            then();
            return;
        }
        _outbox.Ask(new StoreQuery.OwnHead(0, 0, []), answer => Compare(from, shown, answer, then));
    }

    public void OnStore(MeshInput.StoreReadOnly told)
    {
        _refusal = told.Reason;
        _isDamaged = told.Reason is not null && !told.EpochHeals;
    }

    public void OnCommand(CommandId command)
    {
        if (_witnessed is not { } witnessed || State != OwnHeadState.RolledBack)
        {
            _outbox.Complete(command, new CommandResult.Failed(
                MeshError.Usage, "the domain is not rolled back: its epoch stays open"));
            return;
        }
        if (_isDamaged)
        {
            _outbox.Complete(command, Objection!); // there is one: the store is damaged
            return;
        }
        _outbox.Ask(new StoreQuery.OwnEpoch(), answer =>
        {
            if (answer is not StoreAnswer.OwnEpoch own)
            {
                _outbox.Complete(command, new CommandResult.Failed(
                    MeshError.StoreFailed, "the store does not say which epochs it has opened"));
                return;
            }
            var epoch = Math.Max(own.Epoch, witnessed.Epoch) + 1;
            _outbox.Add(new MeshEffect.OpenEpoch(_trust.SignEpoch(epoch, witnessed.Place)));
            if (_recovered is { } recovered)
                _trust.Adopt(recovered);
            _recovered = null;
            _outbox.Delete(GuardKey);
            _witnessed = null;
            _outbox.Complete(command, new CommandResult.EpochOpened(epoch));
            Free(OwnHeadState.Confirmed, "a new epoch is open");
        });
    }

    private void OnHeld(PeerId peer, CatalogReply reply)
    {
        if (reply.Response is not CatalogResponse.Held held)
        {
            // A follower that does not know us any more cannot say that we are wrong.
            if (reply.Response is null && reply.Fault is not PeerFault.Disconnected)
                _standing.Report(peer, reply.Fault, "asked what it holds of us");
            return;
        }
        if (!held.Note.IsEmpty)
            Examine(peer, held.Note, () => { });
        else if (State == OwnHeadState.Unconfirmed && _followers.Contains(peer))
            Free(OwnHeadState.Confirmed, "a follower holds nothing of ours");
    }

    private void Compare(PeerId from, SignedHead shown, StoreAnswer answer, Action then)
    {
        var own = (answer as StoreAnswer.OwnHead)?.Place;
        if (answer is not StoreAnswer.Failed && (own is null || shown.IsAfter(own.Epoch, own.Size)))
        {
            RollBack(from, shown);
            then();
            return;
        }
        if (own is null || shown.Epoch < own.Epoch)
        {
            if (own is not null)
                Confirm(from);
            then();
            return;
        }
        _outbox.Ask(new StoreQuery.OwnRoot(shown.Epoch, shown.Size), root =>
        {
            if (root is StoreAnswer.OwnRoot { Root: { } ours } && ours == shown.Root)
                Confirm(from);
            else if (root is not StoreAnswer.Failed)
                RollBack(from, shown);
            then();
        });
    }

    private void Confirm(PeerId from)
    {
        if (State == OwnHeadState.Unconfirmed)
            Free(OwnHeadState.Confirmed, $"{from} holds nothing newer");
    }

    private void RollBack(PeerId from, SignedHead shown)
    {
        if (_witnessed is { } known && !shown.IsAfter(known.Epoch, known.Size))
            return;
        _witnessed = shown;
        _outbox.Put(GuardKey, shown.Note);
        _outbox.Add(new MeshEffect.SetReadOnly("rolled-back"));
        if (_catalogOf(from) is { } catalog)
            RecoverManifests(catalog);
        Move(
            OwnHeadState.RolledBack,
            $"{from} holds epoch {shown.Epoch} size {shown.Size}, which ours does not lead to");
    }

    // Whoever holds our newer heads holds our newer manifests: by our own signature, they go on from ours.
    private void RecoverManifests(CatalogClient catalog)
    {
        var known = _recovered ?? _trust.Own;
        catalog.Ask(new CatalogRequest.Dam(_trust.OwnDomain, known.Signed.Count), reply =>
        {
            if (reply.Response is not CatalogResponse.Dam { Chain.Count: > 0 } dam || State != OwnHeadState.RolledBack)
                return;
            var latest = _recovered ?? _trust.Own;
            if (latest.Signed.Count != known.Signed.Count || !latest.TryExtend(dam.Chain, out var longer))
                return;
            _recovered = longer;
            RecoverManifests(catalog);
        });
    }

    private void Free(OwnHeadState state, string reason)
    {
        Move(state, reason);
        _onFree();
    }

    private void Move(OwnHeadState state, string reason)
    {
        State = state;
        _outbox.Notify(new MeshNotice.HeadStateChanged(state, reason));
    }
}
