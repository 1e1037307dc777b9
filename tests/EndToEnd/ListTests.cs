namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Lists of a daemon: the same with a view in SQLite, without one, and with one that is damaged.</summary>
public sealed class ListTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task NarrowListsAreTheSameWhateverBecomesOfTheView()
    {
        var view = Path.Combine(_home.DomainFolder, "views", "catalog.sqlite");
        _home.Put(_home.Write("a", Sample.Bytes(101, 1)), "--kind", "snapshot.vm");
        Assert.False(File.Exists(view)); // One command is not worth filling it.
        _home.Up();
        _home.Put(_home.Write("b", Sample.Bytes(102, 2)), "--kind", "snapshot.vm", "--brane", "rare");
        _home.Put(_home.Write("c", Sample.Bytes(103, 3)));
        Expect();
        await AwaitAsync(() => new FileInfo(view) is { Exists: true, Length: > 0 });
        Expect();
        _home.Run("rm", _home.Put(_home.Write("d", Sample.Bytes(100, 4)), "--kind", "snapshot.vm"), "--yes")
            .Require(0);
        Expect();

        _home.Kill();
        await File.WriteAllBytesAsync(view, Sample.Bytes(20_000, 5));
        _home.Up();
        Expect();
        await AwaitAsync(() => File.Exists(view + "-wal"));
        Expect();
        _home.Run("ls", "--limit", "0").Require(2);
    }

    private void Expect()
    {
        Assert.Equal([101, 102, 103], Sizes());
        Assert.Equal([101, 102], Sizes("--kind", "snapshot.vm"));
        Assert.Equal([102], Sizes("--brane", "rare"));
        Assert.Equal([102], Sizes("--brane", "rare", "--kind", "snapshot.vm"));
        Assert.Equal([101], Sizes("--limit", "1"));
        Assert.Equal([101], Sizes("--kind", "snapshot.vm", "--limit", "1"));
        Assert.Empty(Sizes("--kind", "trace.span"));
    }

    private long[] Sizes(params string[] options) =>
        [.. _home.Json(["ls", .. options]).Require(0).Objects.Select(o => o.GetProperty("size").GetInt64())];

    private static async Task AwaitAsync(Func<bool> isSo)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 200, "the view never came");
            await Task.Delay(50);
        }
    }
}
