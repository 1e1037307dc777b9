using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Storage.Snapshots;

/// <summary>The root of what is published to one audience.</summary>
public readonly record struct AudienceRoot(string Audience, Hash256 Root);

/// <summary>What a snapshot is to commit to.</summary>
/// <param name="Published">One root for each audience something was ever published to, ascending by name.</param>
/// <param name="CurrentRoot">Digest of everything live in the domain.</param>
/// <param name="DamHash">BLAKE3 of the DAM in force.</param>
/// <param name="TimeUnixMs">The clock.</param>
public sealed record SnapshotState(
    IReadOnlyList<AudienceRoot> Published, Hash256 CurrentRoot, Hash256 DamHash, long TimeUnixMs);

/// <summary>
/// What the domain alone keeps of a snapshot, beside its leaf in the local log: the roots that the public record only
/// commits to, and the seed of their salts. Never leaves the node; openings for single audiences do.
/// </summary>
/// <param name="Seed">32 random bytes from which every salt of this snapshot comes.</param>
/// <param name="Published">The published roots in the clear.</param>
/// <param name="CurrentRoot">The digest of CURRENT in the clear.</param>
public sealed record SnapshotSecrets(Hash256 Seed, IReadOnlyList<AudienceRoot> Published, Hash256 CurrentRoot)
{
    /// <summary>
    /// One opening for each audience. The salt is
    /// <c>BLAKE3.derive_key("omega audience-salt v1", seed (32) || audience in UTF-8)</c>, so an opening tells nothing
    /// of the others' salts.
    /// </summary>
    public IReadOnlyList<AudienceOpening> Openings() =>
        [.. Published.Select(p => new AudienceOpening(p.Audience, Salt("omega audience-salt v1", p.Audience), p.Root))];

    /// <summary>The commitment to CURRENT; its salt is derived as <c>"omega current-salt v1"</c> of the seed.</summary>
    public Hash256 CurrentCommitment() => BlindedRoot.OfCurrent(Salt("omega current-salt v1", ""), CurrentRoot);

    internal void Write(CborWriter writer)
    {
        writer.WriteMapStart(3);
        writer.WriteKey("seed");
        writer.WriteBytes(Seed.AsSpan());
        writer.WriteKey("current");
        writer.WriteBytes(CurrentRoot.AsSpan());
        writer.WriteKey("published");
        writer.WriteArrayStart(Published.Count);
        foreach (AudienceRoot published in Published)
        {
            writer.WriteArrayStart(2);
            writer.WriteText(published.Audience);
            writer.WriteBytes(published.Root.AsSpan());
        }
    }

    internal static SnapshotSecrets? Read(ref CborReader reader)
    {
        Hash256 seed = default;
        Hash256 current = default;
        int count = 0;
        if (!reader.TryReadMapStart(out _)
            || !reader.TryReadKey("seed"u8) || !reader.TryReadHash(out seed)
            || !reader.TryReadKey("current"u8) || !reader.TryReadHash(out current)
            || !reader.TryReadKey("published"u8) || !reader.TryReadArrayStart(out count))
            return null;
        var published = new List<AudienceRoot>();
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadArrayStart(out _)
                || !reader.TryReadText(PublicRecord.AudienceBytesMax, out string audience)
                || !reader.TryReadHash(out Hash256 root))
                return null;
            published.Add(new AudienceRoot(audience, root));
        }

        return new SnapshotSecrets(seed, published, current);
    }

    private Hash256 Salt(string context, string name)
    {
        using var hasher = Blake3Hasher.CreateDeriveKey(context);
        hasher.Update(Seed.AsSpan());
        hasher.Update(System.Text.Encoding.UTF8.GetBytes(name));
        return hasher.Finish();
    }
}
