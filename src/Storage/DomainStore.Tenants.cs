using System.Collections.Immutable;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage;

/// <summary>Whom bytes are encrypted for, and who may see what is published.</summary>
public sealed partial class DomainStore
{
    /// <summary>Named audiences of the newest manifest and their members' node keys.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<Ed25519PublicKey>> Audiences
    {
        get
        {
            lock (_core.State)
            {
                return _state.Chain.Current.Audiences;
            }
        }
    }

    /// <summary>Tenants of the newest manifest and their age recipients (<c>age1…</c>). The store never encrypts: its
    /// client does, and puts ciphertext.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Tenants
    {
        get
        {
            lock (_core.State)
            {
                return _state.Chain.Current.Tenants;
            }
        }
    }
}
