using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Snapshots;

/// <summary>One artifact as it stood in the past.</summary>
internal sealed record PastArtifact(
    SignedArtifact Entry, DomainId Domain, long CreatedMs, string Audience, string? Tenant)
{
    /// <summary>Who could see it then, ascending.</summary>
    public IReadOnlyList<string> Published { get; init; } = [];
}

/// <summary>
/// What was live and published, as the records of the local log up to some snapshot say: no index knows the past. Where
/// a record cannot be read, what it said is missing. Holds what is asked for alone: history may be larger than memory.
/// </summary>
/// <param name="own">The domain whose log it is.</param>
/// <param name="isWanted">Of an artifact and its domain: whether it is asked for; always the same for a key.</param>
internal sealed class PastState(DomainId own, Func<SignedArtifact, DomainId, bool> isWanted)
{
    private readonly SortedDictionary<(ArtifactKey Key, DomainId Domain), PastArtifact> _live = [];

    /// <summary>Everything live, by key and domain.</summary>
    public IReadOnlyDictionary<(ArtifactKey Key, DomainId Domain), PastArtifact> Live => _live;

    /// <summary>The state at this moment, unchanged by what is applied later.</summary>
    public IReadOnlyDictionary<(ArtifactKey Key, DomainId Domain), PastArtifact> Copy() =>
        new SortedDictionary<(ArtifactKey Key, DomainId Domain), PastArtifact>(_live);

    /// <summary>Takes the next record; true with its number where it is a snapshot.</summary>
    public bool Apply(byte[] bytes, out long snapshot)
    {
        snapshot = 0;
        if (!LogRecordCodec.TryDecode(bytes, out var record))
        {
            return false;
        }

        switch (record)
        {
            case LogRecord.Add add when SignedArtifact.TryDecode(add.Entry, out var entry, out _):
                if (isWanted(entry, add.Source ?? own))
                {
                    Add(add, entry);
                }

                return false;
            case LogRecord.Tombstone gone:
                _live.Remove((gone.Key, gone.Source ?? own));
                return false;
            case LogRecord.Publish publish when _live.TryGetValue((publish.Key, own), out var known):
                var others = known.Published.Where(audience => audience != publish.Audience);
                string[] now = publish.IsWithdrawn ? [.. others] : [.. others.Append(publish.Audience)];
                Array.Sort(now, StringComparer.Ordinal);
                _live[(publish.Key, own)] = known with { Published = now };
                return false;
            default:
                return TryNumber(record, out snapshot);
        }
    }

    /// <summary>Of a record that is a snapshot: its number.</summary>
    public static bool TryNumber(LogRecord? record, out long number)
    {
        number = record is LogRecord.Snapshot taken && TryStated(taken.Leaf, out var stated) ? stated.Number : 0;
        return number > 0;
    }

    /// <summary>The artifact a record is about, and its domain.</summary>
    public static bool TrySubject(LogRecord? record, DomainId own, out (ArtifactKey Key, DomainId Domain) subject)
    {
        subject = record switch
        {
            LogRecord.Add add when SignedArtifact.TryDecode(add.Entry, out var entry, out _) =>
                (entry.Key, add.Source ?? own),
            LogRecord.Tombstone gone => (gone.Key, gone.Source ?? own),
            LogRecord.Publish publish => (publish.Key, own),
            _ => default,
        };
        return subject != default;
    }

    private void Add(LogRecord.Add add, SignedArtifact entry)
    {
        var at = (entry.Key, add.Source ?? own);
        var fresh = new PastArtifact(entry, add.Source ?? own, add.AtMs, add.Audience, add.Tenant);
        _live[at] = _live.TryGetValue(at, out var known)
            ? fresh with { CreatedMs = known.CreatedMs, Published = known.Published }
            : fresh;
    }

    private static bool TryStated(byte[] encoded, [NotNullWhen(true)] out PublicRecord.Snapshot? snapshot)
    {
        snapshot = PreparedLeaf.TryDecode(encoded, out var leaf, out _) && leaf.Body is { } body
            && PublicRecord.TryDecode(body, out var record, out _) ? record as PublicRecord.Snapshot : null;
        return snapshot is not null;
    }
}
