using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.PublicLog;

/// <summary>
/// What a member of an audience is given so that a snapshot's commitment tells them the audience's published root;
/// without it the commitment tells nothing, not even that the audience exists.
/// </summary>
/// <param name="Audience">The audience's name, 1 to <see cref="PublicRecord.AudienceBytesMax"/> bytes of UTF-8.</param>
/// <param name="Salt">32 secret bytes of this audience and snapshot alone.</param>
/// <param name="Root">Root of the audience's published tree.</param>
public sealed record AudienceOpening(string Audience, Hash256 Salt, Hash256 Root)
{
    /// <summary>
    /// <c>BLAKE3.derive_key("omega audience-root v1", salt (32) || audience in UTF-8 || root (32))</c>: salt and root
    /// are of fixed length, so no two openings share one input.
    /// </summary>
    public Hash256 Commitment() =>
        BlindedRoot.Of("omega audience-root v1", Salt, System.Text.Encoding.UTF8.GetBytes(Audience), Root);
}

/// <summary>Commitments to roots that most readers may not know.</summary>
public static class BlindedRoot
{
    /// <summary>
    /// The commitment to the digest of everything a domain holds:
    /// <c>BLAKE3.derive_key("omega current-root v1", salt (32) || root (32))</c>.
    /// </summary>
    public static Hash256 OfCurrent(Hash256 salt, Hash256 root) => Of("omega current-root v1", salt, [], root);

    internal static Hash256 Of(string context, Hash256 salt, ReadOnlySpan<byte> name, Hash256 root)
    {
        using var hasher = Blake3Hasher.CreateDeriveKey(context);
        hasher.Update(salt.AsSpan());
        hasher.Update(name);
        hasher.Update(root.AsSpan());
        return hasher.Finish();
    }
}
