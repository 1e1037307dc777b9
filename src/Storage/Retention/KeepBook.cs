using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Retention;

/// <summary>
/// Pins, holds and retention rules as replay of the log leaves them. As large as what the owner asked for, never as the
/// store. Guarded by the state lock.
/// </summary>
internal sealed class KeepBook
{
    private readonly Dictionary<ArtifactKey, SortedDictionary<string, PinInfo>> _pins = [];
    private readonly Dictionary<ArtifactKey, SortedDictionary<string, HoldInfo>> _holds = [];
    private readonly List<RetentionRule> _rules = [];

    public IEnumerable<PinInfo> Pins => _pins.Values.SelectMany(named => named.Values);

    public IEnumerable<HoldInfo> Holds => _holds.Values.SelectMany(named => named.Values);

    /// <summary>Rules in force, those that name more first.</summary>
    public IReadOnlyList<RetentionRule> Rules => _rules;

    public bool IsPinned(ArtifactKey key) => _pins.ContainsKey(key);

    public bool IsHeld(ArtifactKey key) => _holds.ContainsKey(key);

    public IReadOnlyCollection<PinInfo> PinsOf(ArtifactKey key) =>
        _pins.TryGetValue(key, out var named) ? named.Values : [];

    public IReadOnlyCollection<HoldInfo> HoldsOf(ArtifactKey key) =>
        _holds.TryGetValue(key, out var named) ? named.Values : [];

    /// <summary>The rule that counts for artifacts of a brane and type.</summary>
    public RetentionRule? RuleFor(string brane, string type) => _rules.Find(rule => rule.Fits(brane, type));

    public void Apply(LogRecord.Pin pin) =>
        Change(_pins, pin.Key, pin.Name, pin.IsRemoved ? null : new PinInfo(pin.Key, pin.Name, pin.AtMs));

    public void Apply(LogRecord.Hold hold) => Change(
        _holds, hold.Key, hold.Name,
        hold.IsReleased ? null : new HoldInfo(hold.Key, hold.Name, hold.Reason, hold.AtMs));

    public void Apply(LogRecord.Retain retain)
    {
        _rules.RemoveAll(rule => rule.Brane == retain.Rule.Brane && rule.Type == retain.Rule.Type);
        if (!retain.Rule.IsEmpty)
        {
            _rules.Add(retain.Rule);
            _rules.Sort(Compare);
        }
    }

    private static int Compare(RetentionRule left, RetentionRule right)
    {
        var order = right.Weight.CompareTo(left.Weight);
        order = order != 0 ? order : string.CompareOrdinal(left.Type, right.Type);
        return order != 0 ? order : string.CompareOrdinal(left.Brane, right.Brane);
    }

    private static void Change<T>(
        Dictionary<ArtifactKey, SortedDictionary<string, T>> book, ArtifactKey key, string name, T? value)
        where T : class
    {
        if (!book.TryGetValue(key, out var named))
        {
            book.Add(key, named = new SortedDictionary<string, T>(StringComparer.Ordinal));
        }

        named.Remove(name);
        if (value is not null)
        {
            named.Add(name, value);
        }

        if (named.Count == 0)
        {
            book.Remove(key);
        }
    }
}

/// <summary>A pin: while it stands, the artifact's bytes are collected by nobody, also after it was removed.</summary>
/// <param name="Key">The artifact.</param>
/// <param name="Name">Who pins; one artifact may have several.</param>
/// <param name="AtUnixMs">Since when.</param>
public sealed record PinInfo(ArtifactKey Key, string Name, long AtUnixMs);

/// <summary>A legal hold: until its release the artifact is neither removed nor evicted nor collected.</summary>
/// <param name="Key">The artifact.</param>
/// <param name="Name">The case; one artifact may be held for several.</param>
/// <param name="Reason">In words, or null.</param>
/// <param name="AtUnixMs">Since when.</param>
public sealed record HoldInfo(ArtifactKey Key, string Name, string? Reason, long AtUnixMs);
