using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.Tests.Snapshots;

/// <summary>Reads as of a snapshot, and what changed between two.</summary>
public sealed class PastTests
{
    private static readonly ArtifactFilter Everything = ArtifactFilter.All;

    [Fact]
    public void EverySnapshotKeepsListingWhatWasThereWhenItWasTaken()
    {
        using var test = new TestStore();
        var random = new Random(3); // the sequence does not matter, only that there are many
        var live = new Dictionary<ArtifactKey, SortedSet<string>>();
        var expected = new List<List<(ArtifactKey Key, string Published)>>();
        for (var round = 0; round < 40; round++)
        {
            Change(test.Store, test, live, random, round);
            test.Store.TakeSnapshot(TestStore.Now(round + 10));
            if (test.Store.Snapshots().Count() == expected.Count) continue; // nothing public had changed
            expected.Add([.. live.Select(a => (a.Key, string.Join(',', a.Value))).OrderBy(a => a.Key)]);
        }

        Assert.True(expected.Count > 10, $"only {expected.Count} snapshots");
        for (var life = 0; life < 2; life++)
        {
            Assert.Equal(
                Enumerable.Range(1, expected.Count).Select(n => (long)n), test.Store.Snapshots().Select(s => s.Number));
            for (var number = 1; number <= expected.Count; number++)
            {
                var listed = test.Store.ListAsOf(number, Everything)
                    .Select(i => (i.Key, string.Join(',', i.Published))).OrderBy(a => a.Key);
                Assert.Equal(expected[number - 1], listed);
                CompareWithEach(test.Store, expected, number, step: 13);
            }

            test.Reopen();
        }
    }

    [Fact]
    public void RemovedArtifactIsListedByThePastAndSaysThatItWentSince()
    {
        using var test = new TestStore();
        var put = test.Put([1, 2, 3], "a");
        test.Store.Publish(put.Key, "peers", TestStore.Now(2));
        test.Store.TakeSnapshot(TestStore.Now(3));
        test.Store.Remove([put.Key], "done", TestStore.Now(4));
        test.Store.TakeSnapshot(TestStore.Now(5));
        var before = Assert.Single(test.Store.ListAsOf(1, Everything));
        Assert.Equal(put.Key, before.Key);
        Assert.Equal(["peers"], before.Published);
        Assert.NotNull(before.RemovedUnixMs);
        Assert.Empty(test.Store.ListAsOf(2, Everything));
        Assert.Equal("unknown-snapshot",
            Assert.Throws<StoreRefusedException>(() => test.Store.ListAsOf(3, Everything)).Code);
    }

    [Fact]
    public void FiltersOfThePastAreThoseOfThePresent()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(0, 5).Select(i => test.Put([(byte)i], $"n{i}", at: i + 1)).ToList();
        test.Store.Publish(puts[2].Key, "public", TestStore.Now(9));
        test.Store.TakeSnapshot(TestStore.Now(10));
        test.Put([99], "later");
        ArtifactFilter[] filters =
        [
            new() { Kind = "test.bytes" }, new() { Kind = "other" }, new() { Brane = "replay" },
            new() { Brane = "other" }, new() { Audience = "public" }, new() { Domain = test.Store.DomainId },
            new() { Prefix = new ParsedId(IdKind.Key, puts[3].Key.Hash.ToString()[..12]) },
        ];
        foreach (var filter in filters)
        {
            var now = test.Store.List(filter).Where(i => puts.Any(p => p.Key == i.Key)).Select(i => i.Key);
            Assert.Equal(now, test.Store.ListAsOf(1, filter).Select(i => i.Key));
        }
    }

    [Fact]
    public void ComparingSaysWhatCameAndWentAndWhoSeesIt()
    {
        using var test = new TestStore();
        var (stays, goes) = (test.Put([1], "stays"), test.Put([2], "goes"));
        test.Store.Publish(stays.Key, "peers", TestStore.Now(2));
        test.Store.Publish(goes.Key, "peers", TestStore.Now(2));
        test.Store.TakeSnapshot(TestStore.Now(3));
        var comes = test.Put([3], "comes");
        test.Store.Publish(stays.Key, "public", TestStore.Now(4));
        test.Store.Unpublish(stays.Key, "peers", TestStore.Now(4));
        test.Store.Remove([goes.Key], null, TestStore.Now(4));
        test.Store.TakeSnapshot(TestStore.Now(5));
        (SnapshotChangeKind, ArtifactKey, string?)[] expected =
        [
            (SnapshotChangeKind.Added, comes.Key, null),
            (SnapshotChangeKind.Published, stays.Key, "public"),
            (SnapshotChangeKind.Removed, goes.Key, null),
            (SnapshotChangeKind.Unpublished, goes.Key, "peers"),
            (SnapshotChangeKind.Unpublished, stays.Key, "peers"),
        ];
        var found = test.Store.Compare(1, 2).Select(c => (c.Kind, c.Artifact.Key, c.Audience)).ToHashSet();
        Assert.Equal(expected.ToHashSet(), found);
        var back = test.Store.Compare(2, 1).Select(c => (c.Kind, c.Artifact.Key, c.Audience)).ToHashSet();
        Assert.Contains((SnapshotChangeKind.Removed, comes.Key, null), back);
        Assert.Contains((SnapshotChangeKind.Published, goes.Key, "peers"), back);
        Assert.Empty(test.Store.Compare(2, 2));
    }

    [Fact]
    public void ThePastHoldsWhatIsAskedForAlone()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(0, 20).Select(i => test.Put([(byte)i], $"n{i}")).ToList();
        var wanted = puts[7].Key;
        var state = new PastState(test.Store.DomainId, (entry, _) => entry.Key == wanted);
        test.Store.Publish(puts[7].Key, "public", TestStore.Now(2));
        test.Store.Publish(puts[8].Key, "public", TestStore.Now(2));
        LogReading.Walk(test.Files, new StoreLimits(), record => state.Apply(record, out _));
        Assert.Equal((wanted, test.Store.DomainId), Assert.Single(state.Live.Keys));
        Assert.Equal(["public"], state.Live.Values.Single().Published);
    }

    private static void CompareWithEach(
        DomainStore store, List<List<(ArtifactKey Key, string Published)>> states, int number, int step)
    {
        for (var other = 1 + (number % step); other <= states.Count; other += step)
        {
            var (before, after) = (states[number - 1], states[other - 1]);
            var changes = store.Compare(number, other);
            Assert.Equal(
                after.Select(a => a.Key).Except(before.Select(b => b.Key)).Order(),
                changes.Where(c => c.Kind == SnapshotChangeKind.Added).Select(c => c.Artifact.Key));
            Assert.Equal(
                before.Select(b => b.Key).Except(after.Select(a => a.Key)).Order(),
                changes.Where(c => c.Kind == SnapshotChangeKind.Removed).Select(c => c.Artifact.Key));
            Assert.Equal(
                before.Join(after, b => b.Key, a => a.Key, (b, a) => (a.Key, Changed: a.Published != b.Published))
                    .Where(pair => pair.Changed).Select(pair => pair.Key).Order(),
                changes.Where(c => c.Audience is not null && after.Any(a => a.Key == c.Artifact.Key)
                    && before.Any(b => b.Key == c.Artifact.Key)).Select(c => c.Artifact.Key).Distinct());
        }
    }

    [Fact]
    public void EveryPublishedArtifactIsProvenUnderTheNewestHead()
    {
        using var test = new TestStore();
        var puts = Enumerable.Range(0, 20).Select(i => test.Put([(byte)i], $"n{i}")).ToList();
        foreach (var put in puts.Take(15)) test.Store.Publish(put.Key, "peers", TestStore.Now(2));
        test.Store.Publish(puts[4].Key, "public", TestStore.Now(2));
        test.Store.TakeSnapshot(TestStore.Now(3));
        test.Store.Publish(puts[16].Key, "peers", TestStore.Now(4)); // under no head yet
        test.Store.Unpublish(puts[5].Key, "peers", TestStore.Now(4));
        foreach (var (put, i) in puts.Select((p, i) => (p, i)))
        {
            if (i is 5 or > 14)
            {
                Assert.Equal("not-published",
                    Assert.Throws<StoreRefusedException>(() => test.Store.Prove(put.Key, null)).Code);
                continue;
            }

            var proof = test.Store.Prove(put.Key, null);
            Assert.True(ArtifactProof.TryParse(proof.Encode(), out var read, out _));
            Assert.Equal(ArtifactProofFault.None, read.Verify(new ProofTrust(test.Store.DomainId, null)).Fault);
            Assert.Equal(put.Key, read.Entry.Key);
            Assert.Equal(i == 4 ? "public" : "peers", read.Publication.Audience);
        }

        Assert.Equal("peers", test.Store.Prove(puts[4].Key, "peers").Publication.Audience);
        Assert.Throws<StoreRefusedException>(() => test.Store.Prove(puts[3].Key, "public"));
    }

    private static void Change(
        DomainStore store, TestStore test, Dictionary<ArtifactKey, SortedSet<string>> live, Random random, int round)
    {
        for (var i = 0; i < 3; i++)
        {
            PutResult put = test.Put([(byte)round, (byte)i], $"{round}/{i}", at: round);
            live[put.Key] = new SortedSet<string>(StringComparer.Ordinal);
        }

        foreach (var key in live.Keys.Order().Where(_ => random.Next(4) == 0).ToList())
        {
            switch (random.Next(3))
            {
                case 0:
                    store.Remove([key], null, TestStore.Now(round));
                    live.Remove(key);
                    break;
                case 1 when live[key].Count > 0:
                    store.Unpublish(key, live[key].Max!, TestStore.Now(round)); // not empty
                    live[key].Remove(live[key].Max!);
                    break;
                default:
                    var audience = random.Next(2) == 0 ? "peers" : "public";
                    store.Publish(key, audience, TestStore.Now(round));
                    live[key].Add(audience);
                    break;
            }
        }
    }
}
