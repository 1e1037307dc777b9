using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Views;

namespace Omega.P2P.Storage.Tests.Views;

/// <summary>What every view does, in memory and in SQLite.</summary>
public abstract class CatalogTests : IDisposable
{
    internal static readonly DomainId Own = DomainId.From(Blake3.Hash([1]));
    private static readonly DomainId Other = DomainId.From(Blake3.Hash([2]));

    internal FakeLog Log { get; } = new();

    protected abstract ICatalogView OpenView();

    [Fact]
    public void RowsComeByCreationThenKeyAndFiltersCombine()
    {
        Log.Add(Row(1, created: 30, brane: "replay"), Row(2, created: 10, brane: "replay", type: "cert.x509"),
            Row(3, created: 20, domain: Other), Row(4, created: 20, audience: "public"));
        using var catalog = new Catalog(OpenView, Log);
        int[] tied = Key(3) < Key(4) ? [3, 4] : [4, 3];
        Assert.Equal([2, tied[0], tied[1], 1], Numbers(catalog, new CatalogQuery()));
        Assert.Equal([2, 1], Numbers(catalog, new CatalogQuery { Brane = "replay" }));
        Assert.Equal([2], Numbers(catalog, new CatalogQuery { Brane = "replay", Kind = "cert.x509" }));
        Assert.Equal([3], Numbers(catalog, new CatalogQuery { Domain = Other }));
        Assert.Equal([4], Numbers(catalog, new CatalogQuery { Audience = "public" }));
        Assert.Equal([2, tied[0]], Numbers(catalog, new CatalogQuery { CountMax = 2 }));
        Assert.Empty(catalog.Find(new CatalogQuery { Brane = "' OR 1=1 --" }));
    }

    [Fact]
    public void ARowReadsBackAsItWas()
    {
        CatalogRow row = Row(5, created: long.MaxValue, brane: "Größe '\"", domain: Other);
        Log.Add(row);
        using var catalog = new Catalog(OpenView, Log);
        Assert.Equal(row, Assert.Single(catalog.Find(new CatalogQuery())));
    }

    [Fact]
    public void OnlyWhatIsNewIsAskedOfTheLog()
    {
        using var catalog = new Catalog(OpenView, Log);
        Log.Add(Row(1, created: 1));
        catalog.Find(new CatalogQuery());
        Log.Add(Row(2, created: 2));
        Log.Remove(1);
        Assert.Equal([2], Numbers(catalog, new CatalogQuery()));
        catalog.Find(new CatalogQuery());
        Assert.Equal([0, 1], Log.AskedAfter);
    }

    [Fact]
    public void AViewOfAnotherHistoryIsEmptiedAndFilledAgain()
    {
        using var catalog = new Catalog(OpenView, Log);
        Log.Add(Row(1, created: 1), Row(2, created: 2));
        catalog.Find(new CatalogQuery());
        Log.Rewrite(Row(3, created: 3));
        Assert.Equal([3], Numbers(catalog, new CatalogQuery()));
    }

    [Fact]
    public void MoreRowsThanABatchAllArrive()
    {
        Log.Add([.. Enumerable.Range(0, 5000).Select(i => Row(i, created: i))]);
        using var catalog = new Catalog(OpenView, Log);
        Assert.Equal(Enumerable.Range(0, 5000), Numbers(catalog, new CatalogQuery()));
    }

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    protected virtual void Close()
    {
    }

    internal static ArtifactKey Key(int number) => ArtifactKey.From(Blake3.Hash(BitConverter.GetBytes(number)));

    internal static int[] Numbers(Catalog catalog, CatalogQuery query) =>
        [.. catalog.Find(query).Select(r => (int)r.Size)];

    internal static CatalogRow Row(
        int number, long created, string brane = "b", string type = "t", DomainId? domain = null,
        string audience = "internal") =>
        new(Key(number), ContentId.From(Blake3.Hash([3])), number, type, brane, domain ?? Own, created, audience);

    /// <summary>A log of changes whose positions are hashes of what came before.</summary>
    internal sealed class FakeLog : ICatalogSource
    {
        private readonly List<(CatalogChange Change, Hash256 Hash)> _records = [];

        public List<long> AskedAfter { get; } = [];

        public CatalogPosition End =>
            _records.Count == 0 ? CatalogPosition.Start : new CatalogPosition(_records.Count, _records[^1].Hash);

        public void Add(params CatalogRow[] rows)
        {
            foreach (CatalogRow row in rows)
                Append(new CatalogChange(row.Key, row));
        }

        public void Remove(int number) => Append(new CatalogChange(Key(number), null));

        public void Rewrite(params CatalogRow[] rows)
        {
            _records.Clear();
            Add(rows);
        }

        public bool Contains(CatalogPosition position) =>
            position.Record == 0
            || (position.Record <= _records.Count && _records[(int)position.Record - 1].Hash == position.Hash);

        public IEnumerable<CatalogChange> ChangesAfter(long record)
        {
            AskedAfter.Add(record);
            return _records.Skip((int)record).Select(r => r.Change);
        }

        private void Append(CatalogChange change) =>
            _records.Add((change, Blake3.Hash([.. End.Hash.AsSpan(), .. change.Key.AsSpan()])));
    }
}

public sealed class MemoryCatalogViewTests : CatalogTests
{
    protected override ICatalogView OpenView() => new MemoryCatalogView();
}
