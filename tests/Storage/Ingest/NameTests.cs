using Omega.P2P.Primitives.Artifacts;

namespace Omega.P2P.Storage.Tests.Ingest;

/// <summary>Names that a catalog row could not hold are refused before anything is written: met inside a commit they
/// would leave a durable record that nobody can apply.</summary>
public sealed class NameTests
{
    public static TheoryData<string> BadNames => ["", new string('a', 65), new string('a', 300), "Peers", "a/b", "é"];

    [Theory]
    [MemberData(nameof(BadNames))]
    public void BadNamesAreRefusedBeforeAnythingIsWritten(string name)
    {
        using var test = new TestStore();
        var known = test.Put(TestStore.Bytes(1, 100), "known");
        var (records, bytes) = (test.Store.Stats.LogRecords, test.Store.Stats.LogBytes);
        var good = TestStore.Request("x");

        Assert.Equal("audience", Refused(() => test.Store.BeginPut(good with { Audience = name })));
        Assert.Equal("tenant", Refused(() => test.Store.BeginPut(good with { Tenant = name })));
        Assert.Equal("brane", Refused(() => test.Store.BeginPut(good with { Brane = name })));
        Assert.Equal("type", Refused(() => test.Store.BeginPut(good with { Type = name })));
        Assert.Equal("audience", Refused(() => test.Store.BeginPackage(good with { Audience = name })));
        Assert.Equal("audience", Refused(() => test.Store.Publish(known.Key, name, TestStore.Now(2))));
        Assert.True(test.Store.TryGet(known.Key, out var info));
        Assert.True(SignedArtifact.TryDecode(info!.Entry, out var entry, out _));
        using var import = test.Store.BeginImport();
        Assert.Equal("audience", Refused(() => import.Add(entry, test.Store.DomainId, name)));
        Assert.Equal("audience", Refused(() => import.Need(known.Content, known.Size, name)));
        using var batch = test.Store.BeginBatch("replay");
        Assert.Equal("audience", Refused(() => batch.Add(0, good with { Audience = name }, TestStore.Bytes(2, 100))));

        Assert.Equal((records, bytes), (test.Store.Stats.LogRecords, test.Store.Stats.LogBytes));
        test.Put(TestStore.Bytes(3, 100), "still writable");
    }

    [Fact]
    public void LongestNamesAreKept()
    {
        using var test = new TestStore();
        var name = new string('a', 64);
        var put = test.Put(TestStore.Bytes(1, 100), "x", audience: name, tenant: name);
        for (var i = 0; i < 24; i++)
        {
            test.Store.Publish(put.Key, $"{new string('b', 61)}.{i:D2}", TestStore.Now(2));
        }

        test.Reopen();
        Assert.True(test.Store.TryGet(put.Key, out var info));
        Assert.Equal(24, info!.Published.Count);
    }

    private static string? Refused(Action act)
    {
        var refused = Assert.Throws<StoreRefusedException>(act);
        Assert.Equal("name-refused", refused.Code);
        return refused.Field;
    }
}
