using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage;

/// <summary>What is kept, and for whose sake; what is not any longer.</summary>
public sealed partial class DomainStore
{
    /// <summary>Longest name of a pin or a hold, and reason of a hold or a removal, in UTF-16 characters.</summary>
    public const int KeepTextMax = 256;

    /// <summary>All pins, by artifact and name.</summary>
    public IReadOnlyList<PinInfo> Pins
    {
        get
        {
            lock (_core.State)
            {
                return [.. _state.Keeping.Pins.OrderBy(pin => pin.Key).ThenBy(pin => pin.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>All legal holds, by artifact and name.</summary>
    public IReadOnlyList<HoldInfo> Holds
    {
        get
        {
            lock (_core.State)
            {
                return
                [
                    .. _state.Keeping.Holds.OrderBy(hold => hold.Key)
                        .ThenBy(hold => hold.Name, StringComparer.Ordinal),
                ];
            }
        }
    }

    /// <summary>Retention rules; of two that fit an artifact the first counts.</summary>
    public IReadOnlyList<RetentionRule> RetentionRules
    {
        get
        {
            lock (_core.State)
            {
                return [.. _state.Keeping.Rules];
            }
        }
    }

    /// <summary>
    /// Takes artifacts out of everything that is live, all or none: unpublished first where they are published, a head
    /// over which <see cref="TakeSnapshot"/> signs. They stay in history; bytes go later, by collection, when nothing
    /// keeps them. Durable on return. Nothing happens to those already removed.
    /// </summary>
    /// <returns>How many audiences lost something.</returns>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>; <c>held</c>; <c>pinned</c>.</exception>
    public int Remove(IReadOnlyList<ArtifactKey> keys, string? reason, Instant now)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return Deleting(() => RemoveOnce(keys, reason, now));
    }

    private int RemoveOnce(IReadOnlyList<ArtifactKey> keys, string? reason, Instant now)
    {
        RequireShort(reason);
        RequireWritable();
        lock (_publicGate)
        {
            var leaves = new List<PreparedLeaf>();
            var unpublished = new List<LogRecord.Publish>();
            var gone = new List<LogRecord.Tombstone>();
            foreach (var record in RequireRemovable(keys))
            {
                foreach (var audience in record.Published.ToArray())
                {
                    var leaf = History.Prepare(new PublicRecord.Unpublish(record.Key, audience));
                    leaves.Add(leaf);
                    unpublished.Add(new(record.Key, audience, IsWithdrawn: true, now.UnixMs, leaf.Encode()));
                }

                DomainId? source = record.Domain == DomainId ? null : record.Domain;
                gone.Add(new(record.Key, source, record.Audience, reason, now.UnixMs));
            }

            if (gone.Count > 0)
            {
                CommitRemoval(unpublished, gone, leaves);
            }

            return unpublished.Count;
        }
    }

    /// <summary>Pins an artifact's bytes, also of one that was removed and not collected yet; durable on
    /// return.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>, <c>text-too-long</c>.</exception>
    public void AddPin(ArtifactKey key, string name, Instant now)
    {
        RequireKnownEver(key, name, null);
        Keep(new LogRecord.Pin(key, name, IsRemoved: false, now.UnixMs));
    }

    /// <summary>Ends a pin; durable on return.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-pin</c>.</exception>
    public void RemovePin(ArtifactKey key, string name, Instant now)
    {
        bool isKnown;
        lock (_core.State)
        {
            isKnown = _state.Keeping.PinsOf(key).Any(pin => pin.Name == name);
        }

        if (!isKnown)
        {
            throw new StoreRefusedException("unknown-pin", $"{key} has no pin named {name}");
        }

        Keep(new LogRecord.Pin(key, name, IsRemoved: true, now.UnixMs));
    }

    /// <summary>Puts an artifact under legal hold; durable on return. Wins over removal, retention, eviction and
    /// collection until <see cref="ReleaseHold"/>.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>, <c>text-too-long</c>.</exception>
    public void AddHold(ArtifactKey key, string name, string? reason, Instant now)
    {
        RequireKnownEver(key, name, reason);
        Keep(new LogRecord.Hold(key, name, reason, IsReleased: false, now.UnixMs));
    }

    /// <summary>Ends a hold; durable on return.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-hold</c>.</exception>
    public void ReleaseHold(ArtifactKey key, string name, Instant now)
    {
        bool isKnown;
        lock (_core.State)
        {
            isKnown = _state.Keeping.HoldsOf(key).Any(hold => hold.Name == name);
        }

        if (!isKnown)
        {
            throw new StoreRefusedException("unknown-hold", $"{key} has no hold named {name}");
        }

        Keep(new LogRecord.Hold(key, name, null, IsReleased: true, now.UnixMs));
    }

    /// <summary>Sets the retention rule of a brane and type, in the place of an earlier one; an empty one ends it.
    /// Durable on return; nothing expires before the next collection.</summary>
    public void SetRetention(RetentionRule rule, Instant now)
    {
        ArgumentNullException.ThrowIfNull(rule);
        RequireShort(rule.Brane);
        RequireShort(rule.Type);
        Keep(new LogRecord.Retain(rule, now.UnixMs));
    }

    /// <summary>Commits what changes the keeping. No removal, eviction or collection is under way meanwhile.</summary>
    private void Keep(LogRecord record)
    {
        RequireWritable();
        lock (_publicGate)
        {
            lock (_core.Maintenance)
            {
                _log.Commit([Item(record)], first =>
                {
                    lock (_core.State)
                    {
                        _state.Replay(first, record, []);
                    }
                });
            }
        }
    }

    private void CommitRemoval(
        List<LogRecord.Publish> unpublished, List<LogRecord.Tombstone> gone, List<PreparedLeaf> leaves)
    {
        // Unpublished first: a commit cut short may leave an artifact that nobody is shown, never the reverse.
        List<LogItem> items = [.. unpublished.Select(Item), .. gone.Select(Item)];
        CommitLeaves(items, leaves, first =>
        {
            lock (_core.State)
            {
                unpublished.ForEach(_state.Publish);
                for (var i = 0; i < gone.Count; i++)
                {
                    _state.Remove(first + unpublished.Count + i, gone[i]);
                }
            }
        });
    }

    private List<ArtifactRecord> RequireRemovable(IReadOnlyList<ArtifactKey> keys)
    {
        RequireMayLeave(keys);
        lock (_core.State)
        {
            var found = new List<ArtifactRecord>();
            foreach (var key in keys.Distinct())
            {
                var records = _core.Artifacts.OfKey(key);
                if (records.Count == 0)
                {
                    throw new StoreRefusedException("unknown-artifact", $"{key} is not known here");
                }

                found.AddRange(records.Where(record => record.IsLive));
            }

            return found;
        }
    }

    /// <summary>Refuses what a pin or a legal hold forbids.</summary>
    private void RequireMayLeave(IReadOnlyList<ArtifactKey> keys)
    {
        lock (_core.State)
        {
            foreach (var key in keys)
            {
                if (_state.Keeping.HoldsOf(key).FirstOrDefault() is { } hold)
                {
                    throw new StoreRefusedException("held", $"{key} is under legal hold {hold.Name}");
                }

                if (_state.Keeping.PinsOf(key).FirstOrDefault() is { } pin)
                {
                    throw new StoreRefusedException("pinned", $"{key} is pinned by {pin.Name}");
                }
            }
        }
    }

    private void RequireKnownEver(ArtifactKey key, string name, string? reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RequireShort(name);
        RequireShort(reason);
        lock (_core.State)
        {
            if (_core.Artifacts.OfKey(key).Count == 0)
            {
                throw new StoreRefusedException("unknown-artifact", $"{key} is not known here");
            }
        }
    }

    private static void RequireShort(string? text)
    {
        if (text?.Length > KeepTextMax)
        {
            throw new StoreRefusedException("text-too-long", $"a name or reason is over {KeepTextMax} characters");
        }
    }
}
