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
        var rules = RetentionRules.Where(rule => rule.Expires).ToList();
        if (rules.Count == 0)
        {
            yield break;
        }

        // Younger than what every rule keeps: from there on nothing expires.
        var until = rules.TrueForAll(rule => rule.KeepForMs is not null)
            ? now.UnixMs - rules.Min(rule => rule.KeepForMs!.Value) // all have one
            : long.MaxValue;
        var left = rules.Exists(rule => rule.KeepLast > 0) ? CountByKind() : [];
        foreach (var record in OwnOldestFirst().TakeWhile(record => record.CreatedMs <= until))
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

            var rank = left.GetValueOrDefault((record.Brane, record.Type), long.MaxValue);
            left[(record.Brane, record.Type)] = rank - 1;
            var isYoung = rule.KeepForMs is { } keep && now.UnixMs - record.CreatedMs <= keep;
            if (rank > (rule.KeepLast ?? 0) && !isYoung && !IsKeptByHand(record.Key))
            {
                yield return record.Key;
            }
        }
    }

    /// <summary>How many live artifacts of its own the domain has of each brane and type.</summary>
    private Dictionary<(string Brane, string Type), long> CountByKind()
    {
        var counts = new Dictionary<(string Brane, string Type), long>();
        foreach (var record in OwnOldestFirst())
        {
            counts[(record.Brane, record.Type)] = counts.GetValueOrDefault((record.Brane, record.Type)) + 1;
        }

        return counts;
    }

    private IEnumerable<ArtifactRecord> OwnOldestFirst() =>
        InPages(includesRemoved: false).Where(record => record.Domain == DomainId);

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
