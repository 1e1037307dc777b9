using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation;

/// <summary>Something worth telling the owner. Closed; never needed for correctness.</summary>
public abstract record MeshNotice
{
    private MeshNotice()
    {
    }

    /// <summary>Law 9 moved the own head to another state.</summary>
    public sealed record HeadStateChanged(OwnHeadState State, string Reason) : MeshNotice;

    /// <summary>A peer is trusted from now on.</summary>
    public sealed record PeerJoined(PeerId Peer, DomainId Domain, string Name) : MeshNotice;

    /// <summary>A followed domain shows a newer verified head.</summary>
    public sealed record DomainUpdated(DomainId Domain, long Epoch, long Size, int Entries) : MeshNotice;

    /// <summary>Gossip says that a followed domain has published contents to everyone; a hint.</summary>
    public sealed record ContentsPublished(DomainId Domain, int Count) : MeshNotice;

    /// <summary>A peer broke a rule; what it sent was dropped.</summary>
    public sealed record PeerFaulted(PeerId Peer, PeerFault Fault, string Detail) : MeshNotice;

    /// <summary>A domain was caught with two histories; evidence is kept and its updates are refused.</summary>
    public sealed record DomainQuarantined(DomainId Domain, long Epoch) : MeshNotice;
}

/// <summary>Law 9: what is known about the own head.</summary>
public enum OwnHeadState
{
    /// <summary>It had followers, none of which has answered since start: no head leaves.</summary>
    Unconfirmed,

    /// <summary>A follower has answered, and nothing newer of ours is known anywhere.</summary>
    Confirmed,

    /// <summary>
    /// A follower holds a head of ours that our history does not lead to: read-only until a new epoch.
    /// </summary>
    RolledBack,

    /// <summary>Nobody ever held a head of ours.</summary>
    Alone,
}
