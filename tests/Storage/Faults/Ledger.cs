using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage.Tests.Faults;

/// <summary>What a reader was told about one artifact.</summary>
internal sealed record Fact(byte[] Bytes)
{
    public bool IsRemoved { get; init; }

    public bool IsEvicted { get; init; }

    public string Audiences { get; init; } = "";

    public string Pins { get; init; } = "";

    public string Holds { get; init; } = "";

    /// <summary>Whether it may neither be removed nor evicted.</summary>
    public bool IsKept => Pins.Length + Holds.Length > 0;
}

/// <summary>
/// What was acknowledged, in plain dictionaries. An operation that failed may have happened or not, and nothing in
/// between: it holds both answers until the store is opened again.
/// </summary>
internal sealed class Ledger
{
    private readonly Dictionary<ArtifactKey, Fact> _facts = [];
    private readonly Dictionary<ArtifactKey, (Fact? Before, Fact? After)> _open = [];

    public IReadOnlyDictionary<ArtifactKey, Fact> Facts => _facts;

    /// <summary>Whether it is not known yet what became of the last operation on a key.</summary>
    public bool IsOpen(ArtifactKey key) => _open.ContainsKey(key);

    /// <summary>An operation on a key failed on its way to <paramref name="after"/>.</summary>
    public void MayHave(ArtifactKey key, Fact after) => _open[key] = (_facts.GetValueOrDefault(key), after);

    /// <summary>The operation on a key returned.</summary>
    public void Settle(ArtifactKey key)
    {
        if (_open.Remove(key, out var answers) && answers.After is { } fact)
        {
            _facts[key] = fact;
        }
    }

    /// <summary>Compares with a store just opened; empty where all is well. Open questions are then answered.</summary>
    public string Check(TestStore test)
    {
        var seen = test.Store.List(new ArtifactFilter { IncludesRemoved = true }).ToDictionary(info => info.Key);
        foreach (var (key, (before, after)) in _open)
        {
            seen.TryGetValue(key, out var info);
            var isBefore = Differs(test, key, before, info).Length == 0;
            var difference = Differs(test, key, after, info);
            if (!isBefore && difference.Length > 0)
            {
                return $"neither before nor after: {difference}; {Differs(test, key, before, info)}";
            }

            // Bytes that another artifact shares stay when one is evicted: then nobody can tell whether it was.
            var isAfter = !isBefore || (difference.Length == 0 && after!.IsEvicted);
            if ((isAfter ? after : before) is { } fact)
            {
                _facts[key] = fact;
            }
        }

        _open.Clear();
        foreach (var key in _facts.Keys.Union(seen.Keys))
        {
            var difference = Differs(test, key, _facts.GetValueOrDefault(key), seen.GetValueOrDefault(key));
            if (difference.Length > 0)
            {
                return difference;
            }
        }

        var open = test.Files.List("blocks/open");
        var findings = test.Store.Verify(VerifyDepth.Bytes, null).ToList();
        return open.Count > 0 ? $"{open[0]} was left behind" : findings.Count > 0 ? findings[0].Message : "";
    }

    private static string Differs(TestStore test, ArtifactKey key, Fact? fact, ArtifactInfo? info)
    {
        if (fact is null || info is null)
        {
            return fact is null == info is null ? "" : $"{key} is {(info is null ? "gone" : "there")}";
        }

        if (fact.IsRemoved != info.RemovedUnixMs is not null)
        {
            return $"{key} is {(fact.IsRemoved ? "not " : "")}removed";
        }

        var audiences = string.Join(' ', test.Store.Published.AudiencesOf(key).Order(StringComparer.Ordinal));
        if (audiences != fact.Audiences)
        {
            return $"{key} is published to '{audiences}', not '{fact.Audiences}'";
        }

        var pins = string.Join(' ', test.Store.Pins.Where(p => p.Key == key).Select(p => p.Name));
        if (pins != fact.Pins)
        {
            return $"{key} has the pins '{pins}', not '{fact.Pins}'";
        }

        var holds = string.Join(' ', test.Store.Holds.Where(h => h.Key == key).Select(h => h.Name));
        if (holds != fact.Holds)
        {
            return $"{key} has the holds '{holds}', not '{fact.Holds}'";
        }

        if (info.State != ArtifactState.Local)
        {
            return fact.IsEvicted || fact.IsRemoved ? "" : $"{key} is {info.State}";
        }

        return fact.IsRemoved || test.Read(info.Content).AsSpan().SequenceEqual(fact.Bytes)
            ? "" : $"{key} reads back changed";
    }
}
