using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Federation.Trust;

/// <summary>
/// Who is trusted: what the own authority manifest says, and nothing else (design section 11). Every change is a new
/// signed version of it.
/// </summary>
internal sealed class TrustBook(Outbox outbox, FederationOptions options, Manifests own)
{
    private SortedDictionary<PeerId, TrustedPeer> _peers = ByPeerId(own);

    /// <summary>The own domain's verified manifests.</summary>
    public Manifests Own { get; private set; } = own;

    public DomainId OwnDomain => Own.Domain;

    public PeerId Self { get; } = options.NodeSigner.PublicKey.ToPeerId();

    /// <summary>Trusted peers, ordered by id.</summary>
    public IReadOnlyCollection<TrustedPeer> Peers => _peers.Values;

    public TrustedPeer? Find(PeerId peer) => _peers.GetValueOrDefault(peer);

    public TrustedPeer? OwnerOf(DomainId domain)
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Domain == domain)
                return peer;
        }
        return null;
    }

    /// <summary>
    /// False when the manifest cannot hold the peer: a key with another duty, no room; nothing has changed then.
    /// </summary>
    public bool TryAddPeer(TrustedPeer peer, MeshId mesh) =>
        TryAppend(() => Own.WithPeer(options.HeadSigner, peer, mesh));

    public void RemovePeer(PeerId peer)
    {
        if (_peers.TryGetValue(peer, out var found))
            Append(Own.WithoutPeer(options.HeadSigner, found.NodeKey));
    }

    /// <summary>False for a name or key that the manifest cannot hold; nothing has changed then.</summary>
    public bool TryBindBrane(string name, Ed25519PublicKey key) =>
        TryAppend(() => Own.WithBrane(options.HeadSigner, name, key));

    /// <summary>False for a name or recipients that the manifest cannot hold; nothing has changed then.</summary>
    public bool TrySetTenant(string name, IReadOnlyList<string> recipients) =>
        TryAppend(() => Own.WithTenant(options.HeadSigner, name, recipients));

    /// <summary>False for a name or members that the manifest cannot hold; nothing has changed then.</summary>
    public bool TrySetAudience(string name, IReadOnlyList<Ed25519PublicKey> members) =>
        TryAppend(() => Own.WithAudience(options.HeadSigner, name, members));

    /// <summary>Takes back versions that a follower had kept: ours by signature, and continuing what we have.</summary>
    public void Adopt(Manifests longer)
    {
        foreach (var signed in longer.Signed.Skip(Own.Signed.Count))
            outbox.Add(new MeshEffect.AppendDam(signed));
        Own = longer;
        _peers = ByPeerId(longer);
    }

    public void JoinMesh(MeshId mesh) => Append(Own.WithMesh(options.HeadSigner, mesh));

    /// <summary>Law 9: the record by which history goes on from the largest head witnessed.</summary>
    public ReadOnlyMemory<byte> SignEpoch(long epoch, HeadRef witnessed) =>
        EpochRecord.Create(
            options.HeadSigner, OwnDomain, epoch, new EpochHead(witnessed.Epoch, witnessed.Size, witnessed.Root),
            outbox.Now.UnixMs).Bytes;

    private bool TryAppend(Func<Manifests> change)
    {
        try
        {
            Append(change());
            return true;
        }
        catch (ArgumentException)
        {
            // The manifest's own grammar and bounds said no.
            return false;
        }
    }

    private void Append(Manifests next)
    {
        if (ReferenceEquals(next, Own))
            return;
        Own = next;
        _peers = ByPeerId(next);
        outbox.Add(new MeshEffect.AppendDam(next.Signed[^1]));
    }

    private static SortedDictionary<PeerId, TrustedPeer> ByPeerId(Manifests manifests)
    {
        var peers = new SortedDictionary<PeerId, TrustedPeer>();
        foreach (var peer in manifests.Latest.Peers)
            peers[peer.Id] = peer;
        return peers;
    }
}
