using System.Collections.Immutable;

namespace Omega.P2P.Storage;

/// <summary>Whom bytes are encrypted for.</summary>
public sealed partial class DomainStore
{
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
