using Microsoft.Data.Sqlite;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Views;

namespace Omega.P2P.Storage.Tests.Views;

public sealed class SqliteCatalogViewTests : CatalogTests
{
    private const string File = "views/catalog.sqlite";
    private readonly RealFolder _folder = new();

    protected override ICatalogView OpenView() => Open(Own);

    [Fact]
    public void RowsAndPositionOutliveTheProcess()
    {
        Log.Add(Row(1, created: 1));
        Fill();
        using (var view = OpenView())
        {
            Assert.Equal(Log.End, view.Position);
            Assert.Null(view.Filled);
        }

        Log.Add(Row(2, created: 2));
        Assert.Equal([1, 2], Fill());
        Assert.Equal(1, Log.RecordsRead);
        Assert.Equal(1, Log.RowsRead);
    }

    [Fact]
    public void FillingGoesOnWhereTheProcessEnded()
    {
        Log.Add([.. Enumerable.Range(0, 5000).Select(i => Row(i, created: i))]);
        using (var catalog = new Catalog(OpenView, Log))
        {
            Assert.True(catalog.Work());
            Assert.True(catalog.Work());
        }

        Log.Remove(3);
        Assert.Equal([0, 1, 2, .. Enumerable.Range(4, 4996)], Fill());
        Assert.InRange(Log.RowsRead, 4999, 5000);
    }

    [Theory]
    [InlineData("brane = 'b'")]
    [InlineData("type = 't'")]
    [InlineData("brane = 'b' AND type = 't'")]
    [InlineData("domain = 2 AND domain > 1")]
    public void AListThatIsAskedForCostsWhatItGives(string wanted)
    {
        Log.Add(Row(1, created: 1), Row(2, created: 2));
        Fill();
        using var connection = new SqliteConnection($"Data Source={_folder.Absolute(File)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN SELECT * FROM artifact WHERE {wanted} "
            + "AND (created, key, domain) > (1, x'00', 1) ORDER BY created, key, domain LIMIT 10";
        using var plan = command.ExecuteReader();
        Assert.True(plan.Read());
        Assert.Contains("SEARCH artifact USING INDEX", plan.GetString(3), StringComparison.Ordinal);
        Assert.False(plan.Read()); // No sorting.
    }

    [Fact]
    public void ADeletedFileComesBackEqual()
    {
        Log.Add(Row(1, created: 1), Row(2, created: 2));
        int[] before = Fill();
        _folder.Delete(File);
        Assert.Equal(before, Fill());
    }

    [Fact]
    public void AFileThatIsNoDatabaseIsDropped()
    {
        Log.Add(Row(1, created: 1));
        _folder.CreateDirectory("views");
        System.IO.File.WriteAllText(_folder.Absolute(File), new string('x', 10_000));
        Assert.Equal([1], Fill());
    }

    [Fact]
    public void DamagedPagesAreFoundWhenReadAndCured()
    {
        Log.Add([.. Enumerable.Range(0, 2000).Select(i => Row(i, created: i))]);
        int[] before = Fill();
        using (FileStream file = System.IO.File.OpenWrite(_folder.Absolute(File)))
        {
            file.Position = 8192;
            file.Write(new byte[file.Length - 8192]);
        }

        Assert.Equal(before, Fill());
    }

    [Fact]
    public void TheViewOfAnotherDomainIsNotBelieved()
    {
        Log.Add(Row(1, created: 1));
        Fill();
        using var view = Open(DomainId.From(Blake3.Hash([9])));
        Assert.Equal(CatalogPosition.Start, view.Position);
        Assert.Empty(view.Find(new CatalogQuery()));
    }

    protected override void Close() => _folder.Dispose();

    private SqliteCatalogView Open(DomainId domain) =>
        SqliteCatalogView.Open(_folder, File, _folder.Absolute(File), domain);

    private int[] Fill()
    {
        using var catalog = new Catalog(OpenView, Log);
        return Numbers(catalog, new CatalogQuery());
    }
}
