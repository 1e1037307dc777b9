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
        using (ICatalogView view = OpenView())
            Assert.Equal(Log.End, view.Position);
        Log.Add(Row(2, created: 2));
        Assert.Equal([1, 2], Fill());
        Assert.Equal([0, 1], Log.AskedAfter);
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
        using ICatalogView view = Open(DomainId.From(Blake3.Hash([9])));
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
