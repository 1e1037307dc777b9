using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Published;

/// <summary>
/// The digest of everything live in a domain (<c>status.current</c>): root of the prefix tree over (ArtifactKey,
/// <see cref="ValueOf"/>). It depends on the set alone, so it is equal after any rebuild, on any machine. It is shown
/// to the owner; the world sees only a blinded commitment. Safe for use from several threads.
/// </summary>
public sealed class CurrentDigest
{
    private readonly Lock _gate = new();
    private readonly EditedTree _tree = new();

    /// <summary>The digest now.</summary>
    public Hash256 Root
    {
        get
        {
            lock (_gate)
                return _tree.CommitRoot();
        }
    }

    /// <summary>Count of artifacts in it.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
                return _tree.Count;
        }
    }

    /// <summary>
    /// What stands for a live artifact:
    /// <c>BLAKE3.derive_key("omega current-entry v1", BLAKE3(entry) (32) || source DomainID (32) || audience)</c>.
    /// </summary>
    public static Hash256 ValueOf(ReadOnlySpan<byte> entry, DomainId source, string audience)
    {
        using var hasher = Blake3Hasher.CreateDeriveKey("omega current-entry v1");
        hasher.Update(Blake3.Hash(entry).AsSpan());
        hasher.Update(source.AsSpan());
        hasher.Update(System.Text.Encoding.UTF8.GetBytes(audience));
        return hasher.Finish();
    }

    /// <summary>An artifact is live with this value, or its value changed.</summary>
    public void Set(ArtifactKey key, Hash256 value)
    {
        lock (_gate)
            _tree.Set(key, value);
    }

    /// <summary>An artifact is live no longer.</summary>
    public void Remove(ArtifactKey key)
    {
        lock (_gate)
            _tree.Set(key, null);
    }
}
