namespace Omega.P2P.EndToEnd.Tests;

/// <summary>`put --recursive` and `get` of a package, by both doors.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly TestHome _home = new TestHome().Init();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TreeComesBackWithNamesModesAndLinks(bool isDaemon)
    {
        if (isDaemon) _home.Up();
        var tree = MakeTree();
        var put = _home.Json("put", "--recursive", tree).Require(0).Object;
        Assert.Equal(7, put.GetProperty("files").GetInt64());
        var cid = put.Text("cid");
        _home.Run("get", cid, "-o", _home["out"]).Require(0);
        Assert.Equal(Described(tree), Described(_home["out"]));
        Assert.Equal(7, _home.Json("ls", cid).Require(0).Objects.Count);
        _home.Run("get", cid, "--path", "a/large", "-o", _home["large"]).Require(0);
        Assert.Equal(File.ReadAllBytes(Path.Combine(tree, "a", "large")), File.ReadAllBytes(_home["large"]));
        _home.Run("get", cid, "--path", "nothing", "-o", _home["x"]).Require(5);
        _home.Run("get", cid, "-o", _home["out"]).Require(2); // never into what is there
        var member = _home.Json("ls", cid).Objects.First(o => o.Text("path") == "b/small").Text("cid");
        Assert.Equal("small", _home.Run("get", member[..14], "-o", "-").Require(0).Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void UnchangedFilesAreNotReadAgainAndChangedOnesAre(bool isDaemon)
    {
        if (isDaemon) _home.Up();
        var tree = MakeTree();
        _home.Json("put", "-r", tree).Require(0);
        System.Threading.Thread.Sleep(2_100); // files of the last two seconds are read again: they may change unseen
        var first = _home.Json("put", "-r", tree).Require(0).Object;
        var second = _home.Json("put", "-r", tree).Require(0).Object;
        Assert.Equal(first.Text("cid"), second.Text("cid"));
        Assert.True(second.GetProperty("already_there").GetBoolean());
        Assert.Equal(5, second.GetProperty("unchanged").GetInt64());
        var changed = Path.Combine(tree, "b", "small");
        var time = File.GetLastWriteTimeUtc(changed);
        File.WriteAllText(changed, "SMALL"); // the same length, and the same time: only ctime tells
        File.SetLastWriteTimeUtc(changed, time);
        var third = _home.Json("put", "-r", tree).Require(0).Object;
        Assert.Equal(4, third.GetProperty("unchanged").GetInt64());
        Assert.NotEqual(first.Text("cid"), third.Text("cid"));
        Directory.Delete(Path.Combine(_home.Home, "views"), recursive: true);
        Assert.Equal(third.Text("cid"), _home.Json("put", "-r", tree).Require(0).Object.Text("cid"));
        File.Delete(changed);
        Assert.NotEqual(0, _home.Run("get", "b3:0000", "-o", "-").Exit);
        _home.Run("get", third.Text("cid"), "--path", "b/small", "-o", _home["again"]).Require(0);
        Assert.Equal("SMALL", File.ReadAllText(_home["again"]));
    }

    [Fact]
    public void LinkThatLeadsOutsideIsRestoredOnRequestOnly()
    {
        var tree = MakeTree();
        File.CreateSymbolicLink(Path.Combine(tree, "evil"), "/etc/passwd");
        var cid = _home.Put(tree, "--recursive");
        var refused = _home.Json("get", cid, "-o", _home["out"]).Require(7).Failure;
        Assert.Equal(("link_leaves", "evil"), (refused.Text("code"), refused.Text("field")));
        Assert.False(Path.Exists(_home["out"]));
        Assert.Empty(Directory.GetFileSystemEntries(_home.Folder, ".omega-*"));
        _home.Run("get", cid, "-o", _home["out"], "--outside-links").Require(0);
        Assert.Equal("/etc/passwd", new FileInfo(Path.Combine(_home["out"], "evil")).LinkTarget);
    }

    [Fact]
    public void WhatAPackageCannotHoldIsRefusedByName()
    {
        var tree = MakeTree();
        OmegaProgram.RunProgram("mkfifo", [Path.Combine(tree, "pipe")]).Require(0);
        Assert.Equal("cannot_package", _home.Json("put", "-r", tree).Require(7).Failure.Text("code"));
        File.Delete(Path.Combine(tree, "pipe"));
        _home.Run("put", tree).Require(2);
        _home.Run("put", "-r", Path.Combine(tree, "a", "large")).Require(5);
        _home.Run("put", "-r", tree, "--tenant", "acme").Require(2);
        _home.Run("put", "-r", tree).Require(0);
    }

    [Fact]
    public void FollowerFetchesAPackageWithItsFiles()
    {
        using var bob = new TestHome("bob").Init().Up();
        _home.Up();
        var ticket = _home.Json("peer", "invite").Require(0).Object.Text("ticket");
        bob.Run("peer", "add", ticket).Require(0);
        var tree = MakeTree();
        var cid = _home.Put(tree, "--recursive", "--publish");
        TestHome.Until(() => bob.Json("ls", "--domain", _home.DomainName).Lines.Count, count => count == 1);
        bob.Run("get", cid, "-o", bob["out"]).Require(0);
        Assert.Equal(Described(tree), Described(bob["out"]));
        bob.Run("evict", cid).Require(0);
        bob.Run("get", cid, "-o", bob["again"]).Require(0);
        Assert.Equal(Described(tree), Described(bob["again"]));
    }

    private string MakeTree()
    {
        var tree = Path.Combine(_home.Folder, "tree");
        foreach (var folder in (string[])["a", "b", "b/c", "empty"])
            Directory.CreateDirectory(Path.Combine(tree, folder));
        File.WriteAllBytes(Path.Combine(tree, "a", "large"), Sample.Bytes(2_500_000));
        File.WriteAllBytes(Path.Combine(tree, "a", "middle"), Sample.Bytes(70_000, 2));
        File.WriteAllText(Path.Combine(tree, "b", "small"), "small");
        File.WriteAllText(Path.Combine(tree, "b", "c", "ünï çode"), "x");
        File.WriteAllText(Path.Combine(tree, "zero"), "");
        File.CreateSymbolicLink(Path.Combine(tree, "b", "link"), "../a/middle");
        File.CreateSymbolicLink(Path.Combine(tree, "nowhere"), "gone");
        File.SetUnixFileMode(Path.Combine(tree, "a", "large"), (UnixFileMode)0x1ed);
        File.SetUnixFileMode(Path.Combine(tree, "b", "small"), (UnixFileMode)0x180);
        File.SetUnixFileMode(Path.Combine(tree, "b", "c"), (UnixFileMode)0x1c0);
        return tree;
    }

    /// <summary>A line for each path: kind, mode, and bytes or target.</summary>
    private static string Described(string tree) => string.Join('\n', Directory
        .EnumerateFileSystemEntries(tree, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetRelativePath(tree, path)} " + (new FileInfo(path).LinkTarget is { } target
            ? $"-> {target}"
            : $"{(int)File.GetUnixFileMode(path)} " + (Directory.Exists(path)
                ? "folder"
                : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))))));
}
