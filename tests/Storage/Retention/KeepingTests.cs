using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Tests.Retention;

public sealed class KeepingTests
{
    [Fact]
    public void RemovedArtifactIsInHistoryOnly()
    {
        using var test = new TestStore();
        var before = test.Store.Current;
        var put = test.Put(TestStore.Bytes(1, 500));

        test.Store.Remove([put.Key], "superseded", TestStore.Now(2));

        AssertRemoved(test, put, before);
        test.Crash();
        AssertRemoved(test, put, before);
    }

    [Fact]
    public void AnArtifactIsNotSaidToShareItsBytesWithItself()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500), "a");
        Assert.True(test.Store.TryGet(put.Key, out var info));
        Assert.True(SignedArtifact.TryDecode(info!.Entry, out var entry, out _));
        using var import = test.Store.BeginImport();
        import.Add(entry, DomainId.From(Hash256.From(TestStore.Bytes(9, 32))), "peers");
        Assert.Equal(ImportNeed.Nothing, import.Need(put.Content, put.Size, "peers"));
        import.Complete(TestStore.Now(2));
        Assert.Empty(test.Store.Explain(put.Key, TestStore.Now(3)).SharedBy);

        var other = test.Put(TestStore.Bytes(1, 500), "b");
        Assert.Equal([other.Key], test.Store.Explain(put.Key, TestStore.Now(4)).SharedBy);
    }

    [Fact]
    public void RemovingTwiceSaysNothingTwice()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500));
        test.Store.Remove([put.Key], null, TestStore.Now(2));
        var records = test.Store.Stats.LogRecords;

        test.Store.Remove([put.Key], null, TestStore.Now(3));

        Assert.Equal(records, test.Store.Stats.LogRecords);
    }

    [Fact]
    public void PutBringsARemovedArtifactBack()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500));
        var current = test.Store.Current;
        test.Store.Remove([put.Key], null, TestStore.Now(2));

        var again = test.Put(TestStore.Bytes(1, 500));

        Assert.Equal(put.Key, again.Key);
        Assert.False(again.AlreadyThere);
        test.Crash();
        Assert.Equal(TestStore.Bytes(1, 500), test.Read(put.Content));
        Assert.Null(Assert.Single(test.Store.List(ArtifactFilter.All)).RemovedUnixMs);
        Assert.Equal(current, test.Store.Current);
    }

    [Fact]
    public void RemovingAPublishedArtifactUnpublishesIt()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500));
        test.Store.Publish(put.Key, "peers", TestStore.Now(2));
        test.Store.Publish(put.Key, "public", TestStore.Now(2));
        test.Store.TakeSnapshot(TestStore.Now(3));

        Assert.Equal(2, test.Store.Remove([put.Key], null, TestStore.Now(4)));
        var head = test.Store.TakeSnapshot(TestStore.Now(5));

        test.Crash();
        Assert.Empty(test.Store.Published.AudiencesOf(put.Key));
        Assert.Equal(head.Root, test.Store.History.Head!.Root);
    }

    [Fact]
    public void RemovedArtifactIsFoundOnlyByThoseWhoAskForIt()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500));
        test.Store.TryGet(put.Key, out var own);

        test.Store.Remove([put.Key], null, TestStore.Now(2));

        Assert.Equal(own!.Key, Assert.Single(test.Store.List(new ArtifactFilter { IncludesRemoved = true })).Key);
        Assert.Empty(test.Store.Resolve(new ParsedId(IdKind.Key, put.Key.Hash.ToString()), 5));
        Assert.Single(test.Store.Resolve(new ParsedId(IdKind.Key, put.Key.Hash.ToString()), 5, includesRemoved: true));
    }

    [Fact]
    public void HeldAndPinnedArtifactsAreNeitherRemovedNorEvicted()
    {
        using var test = new TestStore();
        var held = test.Put(TestStore.Bytes(1, 500), "held");
        var pinned = test.Put(TestStore.Bytes(2, 500), "pinned");
        var loose = test.Put(TestStore.Bytes(3, 500), "loose");
        test.Store.AddHold(held.Key, "case-17", "order of 3 May", TestStore.Now(2));
        test.Store.AddPin(pinned.Key, "release", TestStore.Now(2));
        test.Crash();

        Assert.Equal("held", CodeOf(() => test.Store.Remove([loose.Key, held.Key], null, TestStore.Now(3))));
        Assert.Equal("held", CodeOf(() => test.Store.PlanEviction([held.Key])));
        Assert.Equal("pinned", CodeOf(() => test.Store.Remove([pinned.Key], null, TestStore.Now(3))));
        Assert.Equal("pinned", CodeOf(() => test.Store.PlanEviction([pinned.Key])));
        Assert.Equal(3, test.Store.List(ArtifactFilter.All).Count());
    }

    [Fact]
    public void HoldPlacedAfterThePlanStopsTheEviction()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500_000));
        var plan = test.Store.PlanEviction([put.Key]);
        test.Store.AddHold(put.Key, "case-17", null, TestStore.Now(2));

        Assert.Equal("held", CodeOf(() => test.Store.Evict(plan, TestStore.Now(3))));
        Assert.Equal(TestStore.Bytes(1, 500_000), test.Read(put.Content));
    }

    [Fact]
    public void PinsAndHoldsOfSeveralNamesEndOneByOne()
    {
        using var test = new TestStore();
        var put = test.Put(TestStore.Bytes(1, 500));
        test.Store.AddHold(put.Key, "a", null, TestStore.Now(2));
        test.Store.AddHold(put.Key, "b", "why", TestStore.Now(3));
        test.Store.AddPin(put.Key, "a", TestStore.Now(4));
        test.Store.ReleaseHold(put.Key, "a", TestStore.Now(5));
        test.Crash();

        Assert.Equal(
            [new HoldInfo(put.Key, "b", "why", TestStore.Now(3).UnixMs)], test.Store.Holds);
        Assert.Equal([new PinInfo(put.Key, "a", TestStore.Now(4).UnixMs)], test.Store.Pins);
        Assert.Equal("unknown-hold", CodeOf(() => test.Store.ReleaseHold(put.Key, "a", TestStore.Now(6))));
        test.Store.ReleaseHold(put.Key, "b", TestStore.Now(6));
        test.Store.RemovePin(put.Key, "a", TestStore.Now(6));
        Assert.Empty(test.Store.Holds);
        Assert.Equal("unknown-pin", CodeOf(() => test.Store.RemovePin(put.Key, "a", TestStore.Now(7))));
        test.Store.Remove([put.Key], null, TestStore.Now(8));
    }

    [Fact]
    public void RulesThatNameMoreGoFirstAndAnEmptyOneEndsItsPredecessor()
    {
        using var test = new TestStore();
        test.Store.SetRetention(new RetentionRule(null, null) { KeepForMs = 1 }, TestStore.Now(1));
        test.Store.SetRetention(new RetentionRule("replay", null) { KeepLast = 2 }, TestStore.Now(1));
        test.Store.SetRetention(new RetentionRule(null, "trace.span") { ColdAfterMs = 3 }, TestStore.Now(1));
        test.Store.SetRetention(new RetentionRule("replay", null) { KeepLast = 4 }, TestStore.Now(1));
        test.Crash();

        Assert.Equal(
            [
                new RetentionRule(null, "trace.span") { ColdAfterMs = 3 },
                new RetentionRule("replay", null) { KeepLast = 4 },
                new RetentionRule(null, null) { KeepForMs = 1 },
            ],
            test.Store.RetentionRules);
        test.Store.SetRetention(new RetentionRule(null, null), TestStore.Now(2));
        test.Crash();
        Assert.Equal(2, test.Store.RetentionRules.Count);
    }

    private static string CodeOf(Action action) => Assert.Throws<StoreRefusedException>(action).Code;

    private static void AssertRemoved(TestStore test, PutResult put, Hash256 current)
    {
        Assert.False(test.Store.TryGet(put.Key, out _));
        Assert.Empty(test.Store.List(ArtifactFilter.All));
        var gone = Assert.Single(test.Store.List(new ArtifactFilter { IncludesRemoved = true }));
        Assert.Equal(TestStore.Now(2).UnixMs, gone.RemovedUnixMs);
        Assert.Equal(current, test.Store.Current);
        Assert.Equal(0, test.Store.Stats.Artifacts);
    }
}
