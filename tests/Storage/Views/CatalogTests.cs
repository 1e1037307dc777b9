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
        Assert.Equal([2], Numbers(catalog, new CatalogQuery { Kind = "cert.x509" }));
        Assert.Equal([2], Numbers(catalog, new CatalogQuery { Brane = "replay", Kind = "cert.x509" }));
        Assert.Equal([3], Numbers(catalog, new CatalogQuery { Domain = Other }));
        Assert.Equal([2, 4, 1], Numbers(catalog, new CatalogQuery { Domain = Own }));
        Assert.Equal([2, tied[0]], Numbers(catalog, new CatalogQuery { CountMax = 2 }));
        Assert.Empty(Numbers(catalog, new CatalogQuery { Brane = "' OR 1=1 --" }));
        Assert.Empty(Numbers(catalog, new CatalogQuery { Domain = DomainId.From(Blake3.Hash([7])) }));
    }

    [Fact]
    public void PagesAfterAPlaceGiveEachRowOnce()
    {
        Log.Add([.. Enumerable.Range(0, 100).Select(
            i => Row(i, created: i / 7, domain: i % 3 == 0 ? Other : Own, brane: i % 2 == 0 ? "even" : "odd"))]);
        Log.Add(Row(40, created: 40 / 7, brane: "even", domain: Other)); // One key of two domains.
        using var catalog = new Catalog(OpenView, Log);
        foreach (var all in new[] { new CatalogQuery(), new CatalogQuery { Brane = "even" } })
        {
            var whole = Find(catalog, all);
            var paged = new List<CatalogRow>();
            for (var page = Find(catalog, all with { CountMax = 9 }); page.Count > 0;
                page = Find(catalog, all with { CountMax = 9, After = paged[^1].Place }))
            {
                paged.AddRange(page);
            }

            Assert.Equal(whole, paged);
        }

        Assert.Equal(101, Find(catalog, new CatalogQuery()).Count);
    }

    [Fact]
    public void ARowReadsBackAsItWas()
    {
        var row = Row(5, created: long.MaxValue, brane: "Größe '\"", domain: Other);
        Log.Add(row);
        using var catalog = new Catalog(OpenView, Log);
        Assert.Equal(row, Assert.Single(Find(catalog, new CatalogQuery())));
    }

    [Fact]
    public void OnlyWhatIsNewIsAskedOfTheLog()
    {
        using var catalog = new Catalog(OpenView, Log);
        Log.Add(Row(1, created: 1));
        WorkOff(catalog);
        Log.Add(Row(2, created: 2));
        Log.Remove(1);
        Assert.Equal([2], Numbers(catalog, new CatalogQuery()));
        Assert.Equal(2, Log.RecordsRead);
        Assert.Equal(1, Log.RowsRead);
        Assert.False(catalog.Work());
        Assert.Equal(2, Log.RecordsRead);
    }

    [Fact]
    public void AQuestionTakesOverAFewChangesItselfAndLeavesManyToOthers()
    {
        using var catalog = new Catalog(OpenView, Log);
        WorkOff(catalog);
        Log.Add(Row(1, created: 1));
        Assert.True(catalog.TryFind(new CatalogQuery(), out var rows));
        Assert.Single(rows);
        Log.Add([.. Enumerable.Range(2, 20_000).Select(i => Row(i, created: i))]);
        Assert.False(catalog.TryFind(new CatalogQuery(), out _));
        WorkOff(catalog);
        Assert.True(catalog.TryFind(new CatalogQuery(), out rows));
        Assert.Equal(20_001, rows.Count);
    }

    [Fact]
    public void WhatChangesWhileAViewIsFilledIsInItInTheEnd()
    {
        Log.Add([.. Enumerable.Range(0, 3000).Select(i => Row(i, created: i))]);
        using var catalog = new Catalog(OpenView, Log);
        Assert.True(catalog.Work());
        Assert.False(catalog.TryFind(new CatalogQuery(), out _));
        Log.Remove(10);
        Log.Remove(2000);
        Log.Add(Row(5000, created: 1), Row(5001, created: 9000));
        WorkOff(catalog);
        Assert.Equal(
            [0, 1, 2, .. Enumerable.Range(3, 7), .. Enumerable.Range(11, 1989), .. Enumerable.Range(2001, 999), 5001],
            Numbers(catalog, new CatalogQuery()).Where(number => number != 5000));
        Assert.Equal(3000, Find(catalog, new CatalogQuery()).Count);
    }

    [Fact]
    public void AViewOfAnotherHistoryIsEmptiedAndFilledAgain()
    {
        using var catalog = new Catalog(OpenView, Log);
        Log.Add(Row(1, created: 1), Row(2, created: 2));
        WorkOff(catalog);
        Log.Rewrite(Row(3, created: 3));
        WorkOff(catalog);
        Assert.Equal([3], Numbers(catalog, new CatalogQuery()));
        Log.Rewrite(Row(4, created: 3), Row(5, created: 4), Row(6, created: 5));
        WorkOff(catalog);
        Assert.Equal([4, 5, 6], Numbers(catalog, new CatalogQuery()));
    }

    [Fact]
    public void AViewWhoseDiskFailsIsGivenUpAndListsDoWithout()
    {
        Log.Add(Row(1, created: 1));
        using (var catalog = new Catalog(() => new BrokenView(), Log))
        {
            Assert.Throws<IOException>(() => catalog.Work());
            Assert.False(catalog.Work());
        }

        using (var catalog = new Catalog(() => new BrokenView { Filled = null }, Log))
        {
            Assert.False(catalog.TryFind(new CatalogQuery(), out _));
            Assert.False(catalog.Work());
        }
    }

    [Fact]
    public void AfterClosingThereIsNoAnswer()
    {
        var catalog = new Catalog(OpenView, Log);
        WorkOff(catalog);
        catalog.Dispose();
        Assert.False(catalog.Work());
        Assert.False(catalog.TryFind(new CatalogQuery(), out _));
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

    internal static void WorkOff(Catalog catalog)
    {
        while (catalog.Work())
        {
        }
    }

    internal static IReadOnlyList<CatalogRow> Find(Catalog catalog, CatalogQuery query)
    {
        WorkOff(catalog);
        Assert.True(catalog.TryFind(query, out var rows));
        return rows;
    }

    internal static int[] Numbers(Catalog catalog, CatalogQuery query) =>
        [.. Find(catalog, query).Select(r => (int)r.Size)];

    internal static CatalogRow Row(
        int number, long created, string brane = "b", string type = "t", DomainId? domain = null,
        string audience = "internal") =>
        new(Key(number), ContentId.From(Blake3.Hash([3])), number, type, brane, domain ?? Own, created, audience);

    private sealed class BrokenView : ICatalogView
    {
        public CatalogPosition Position => CatalogPosition.Start;

        public ReadOnlyMemory<byte>? Filled { get; init; } = ReadOnlyMemory<byte>.Empty;

        public void Apply(
            IReadOnlyList<CatalogChange> changes, CatalogPosition position, ReadOnlyMemory<byte>? filled) =>
            throw new IOException("full");

        public IReadOnlyList<CatalogRow> Find(CatalogQuery query) => throw new IOException("failed");

        public void Clear() => throw new IOException("failed");

        public void Dispose()
        {
        }
    }

    /// <summary>A log of changes whose positions are hashes of what came before.</summary>
    internal sealed class FakeLog : ICatalogSource
    {
        private readonly List<(CatalogChange Change, Hash256 Hash)> _records = [];
        private readonly SortedDictionary<string, CatalogRow> _live = new(StringComparer.Ordinal);

        public int RecordsRead { get; private set; }

        public int RowsRead { get; private set; }

        public CatalogPosition End => At(_records.Count);

        public void Add(params CatalogRow[] rows)
        {
            foreach (var row in rows)
            {
                Append(new CatalogChange(row.Place, row));
            }
        }

        public void Remove(int number) =>
            Append(new CatalogChange(_live.Values.Single(row => row.Key == Key(number)).Place, null));

        public void Rewrite(params CatalogRow[] rows)
        {
            _records.Clear();
            _live.Clear();
            Add(rows);
        }

        public IReadOnlyList<CatalogRow> LiveAfter(ref ReadOnlyMemory<byte> after, int countMax)
        {
            var from = System.Text.Encoding.UTF8.GetString(after.Span);
            var rows = _live.Where(pair => string.CompareOrdinal(pair.Key, from) > 0).Take(countMax).ToList();
            after = rows.Count == 0 ? after : System.Text.Encoding.UTF8.GetBytes(rows[^1].Key);
            RowsRead += rows.Count;
            return [.. rows.Select(pair => pair.Value)];
        }

        public IReadOnlyList<CatalogChange>? ChangesAfter(ref CatalogPosition position, int recordsMax)
        {
            if (position.Record > _records.Count || position != At((int)position.Record))
            {
                return null;
            }

            var read = _records.Skip((int)position.Record).Take(recordsMax).ToList();
            position = At((int)position.Record + read.Count);
            RecordsRead += read.Count;
            return [.. read.Select(record => record.Change)];
        }

        private CatalogPosition At(int record) =>
            record == 0 ? CatalogPosition.Start : new CatalogPosition(record, _records[record - 1].Hash, record * 10);

        private void Append(CatalogChange change)
        {
            _records.Add((change, Blake3.Hash([.. End.Hash.AsSpan(), .. change.Place.Key.AsSpan()])));
            var name = $"{change.Place.CreatedUnixMs:D19} {change.Place.Key} {change.Place.Domain}";
            if (change.Row is null)
            {
                _live.Remove(name);
            }
            else
            {
                _live[name] = change.Row;
            }
        }
    }
}

public sealed class MemoryCatalogViewTests : CatalogTests
{
    protected override ICatalogView OpenView() => new MemoryCatalogView();
}
