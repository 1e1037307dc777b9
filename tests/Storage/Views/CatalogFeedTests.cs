using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Views;

namespace Omega.P2P.Storage.Tests.Views;

/// <summary>A view over a whole store: what it lists equals what the store lists without it.</summary>
public sealed class CatalogFeedTests
{
    private static readonly StoreLimits Limits = new()
    {
        IndexMemory = 64 * 1024,
        IndexQuietEntries = 50,
        LogSegmentTarget = 20_000,
        SmallBlockTarget = 32 * 1024,
        IdleBlockMin = 1,
    };

    [Fact]
    public void ListsAreTheSameWithAndWithoutAViewWhateverHappened()
    {
        using var test = new TestStore(limits: Limits);
        var view = new MemoryCatalogView();
        for (var round = 0; round < 4; round++)
        {
            // The view outlives the store that it follows, as a file does.
            using (var catalog = test.Store.OpenCatalog(() => new Kept(view)))
            {
                for (var i = 0; i < 40; i++)
                {
                    var put = Put(test, round * 100 + i, i % 3 == 0 ? "rare" : "replay", at: round * 100 + i / 2);
                    if (i % 5 == 0)
                    {
                        test.Store.Remove([put.Key], null, TestStore.Now(round * 100 + i));
                    }

                    if (i % 16 == 0)
                    {
                        test.Store.Idle(TestStore.Now(round * 100 + i + 50)); // Trims the log, seals the index.
                    }
                }

                Compare(test.Store, catalog, isWhole: round % 2 == 0);
            }

            test.Reopen();
        }
    }

    [Fact]
    public void AViewOfALogThatWasRolledBackIsFilledAgain()
    {
        using var test = new TestStore(limits: Limits);
        var view = new MemoryCatalogView();
        Put(test, 1, "rare", at: 1);
        var earlier = test.Files.Copy();
        Put(test, 2, "rare", at: 2);
        using (var catalog = test.Store.OpenCatalog(() => new Kept(view)))
        {
            Compare(test.Store, catalog, isWhole: true);
        }

        using var older = new TestStore(earlier, Limits, create: false);
        Put(older, 3, "rare", at: 2);
        using var again = older.Store.OpenCatalog(() => new Kept(view));
        Compare(older.Store, again, isWhole: true);
    }

    private static PutResult Put(TestStore test, int seed, string brane, long at) =>
        test.Put(TestStore.Bytes(seed, 60), brane: brane, at: at);

    private static void Compare(DomainStore store, Catalog catalog, bool isWhole)
    {
        while (isWhole && catalog.Work())
        {
        }

        ArtifactFilter[] filters =
        [
            ArtifactFilter.All, new() { Brane = "rare" }, new() { Brane = "none" }, new() { Kind = "test.bytes" },
            new() { Domain = store.DomainId },
            new() { Brane = "rare", IncludesRemoved = true },
        ];
        foreach (var filter in filters)
        {
            Assert.Equal(
                store.List(filter).Select(info => (info.Key, info.State, info.RemovedUnixMs)),
                store.List(filter, catalog).Select(info => (info.Key, info.State, info.RemovedUnixMs)));
        }

        Assert.True(!isWhole || catalog.TryFind(new CatalogQuery(), out _));
    }

    /// <summary>Closing it closes nothing.</summary>
    private sealed class Kept(MemoryCatalogView view) : ICatalogView
    {
        public CatalogPosition Position => view.Position;

        public ReadOnlyMemory<byte>? Filled => view.Filled;

        public void Apply(
            IReadOnlyList<CatalogChange> changes, CatalogPosition position, ReadOnlyMemory<byte>? filled) =>
            view.Apply(changes, position, filled);

        public IReadOnlyList<CatalogRow> Find(CatalogQuery query) => view.Find(query);

        public void Clear() => view.Clear();

        public void Dispose()
        {
        }
    }
}
