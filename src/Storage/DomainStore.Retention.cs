using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage;

/// <summary>Retention rules at work.</summary>
public sealed partial class DomainStore
{
    /// <summary>Artifacts removed in one commit by retention.</summary>
    private const int ExpireCount = 256;

    /// <summary>Live artifacts whose rule no longer keeps them, oldest first: neither among the newest of their brane
    /// and type, nor young enough, nor pinned, nor held.</summary>
    public IReadOnlyList<ArtifactKey> Expired(Instant now) => [.. ExpiredKeys(now)];

    /// <summary>Live artifacts of this disk that a rule lets go to a colder place: older than its <c>cold_after</c>,
    /// not pinned, not held. Who evicts them proves holders first.</summary>
    public IReadOnlyList<ArtifactKey> Cooled(Instant now) => RetentionRules.All(rule => rule.ColdAfterMs is null)
        ? []
        : [.. List(ArtifactFilter.All).Where(info => IsCold(info, now) && !IsKeptByHand(info.Key))
            .Where(info => info.State != ArtifactState.Evicted).Select(info => info.Key)];

    private IEnumerable<ArtifactKey> ExpiredKeys(Instant now)
    {
        if (!RetentionRules.Any(rule => rule.Expires))
        {
            yield break;
        }

        // Newest first, so that each brane and type counts what it keeps; the answer then is turned to oldest first.
        var seen = new Dictionary<(string Brane, string Type), long>();
        var expired = new List<ArtifactKey>();
        foreach (var record in OwnNewestFirst())
        {
            RetentionRule? rule;
            lock (_core.State)
            {
                rule = _state.Keeping.RuleFor(record.Brane, record.Type);
            }

            if (rule is not { Expires: true })
            {
                continue;
            }

            var rank = seen[(record.Brane, record.Type)] = seen.GetValueOrDefault((record.Brane, record.Type)) + 1;
            var isYoung = rule.KeepForMs is { } keep && now.UnixMs - record.CreatedMs <= keep;
            if (rank > (rule.KeepLast ?? 0) && !isYoung && !IsKeptByHand(record.Key))
            {
                expired.Add(record.Key);
            }
        }

        for (var i = expired.Count - 1; i >= 0; i--)
        {
            yield return expired[i];
        }
    }

    private List<ArtifactRecord> OwnNewestFirst()
    {
        lock (_core.State)
        {
            return [.. _core.Artifacts.InOrder().Where(record => record.Domain == DomainId).Reverse()];
        }
    }

    private bool IsCold(ArtifactInfo info, Instant now)
    {
        lock (_core.State)
        {
            return _state.Keeping.RuleFor(info.Brane, info.Type)?.ColdAfterMs is { } after
                && now.UnixMs - info.CreatedUnixMs > after;
        }
    }

    private bool IsKeptByHand(ArtifactKey key)
    {
        lock (_core.State)
        {
            return _state.Keeping.IsPinned(key) || _state.Keeping.IsHeld(key);
        }
    }

    /// <summary>Removes what has expired; returns how many.</summary>
    private long Expire(Instant now)
    {
        long removed = 0;
        foreach (var some in ExpiredKeys(now).Chunk(ExpireCount))
        {
            Remove([.. some.Where(key => !IsKeptByHand(key))], "retention", now);
            removed += some.Length;
        }

        return removed;
    }
}
