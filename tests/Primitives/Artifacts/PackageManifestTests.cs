using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Artifacts;

public sealed class PackageManifestTests
{
    [Fact]
    public void EncodingIsTheCommittedOneWhateverTheOrder()
    {
        var files = new[] { File("b/a.txt"), File("a b"), File("b.txt", 0x1ed), File("ünï/çode") };
        var manifest = PackageManifest.Create(files);
        GoldenFile.AssertSame("package-manifest", manifest.Encode());
        Assert.Equal(manifest.Encode(), PackageManifest.Create(files.Reverse()).Encode());
        Assert.True(PackageManifest.TryDecode(manifest.Encode(), out var read, out _));
        Assert.Equal(manifest.Files.AsEnumerable(), read.Files);
        Assert.Equal(["a b", "b.txt", "b/a.txt", "ünï/çode"], read.Files.Select(f => f.Path));
    }

    [Fact]
    public void EmptyPackageIsAPackage()
    {
        Assert.True(PackageManifest.TryDecode(PackageManifest.Create([]).Encode(), out var read, out _));
        Assert.Empty(read.Files);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/./b")]
    [InlineData("a/../b")]
    [InlineData("../a")]
    [InlineData("a/..")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u007f")]
    [InlineData("a\u0085b")]
    public void PathThatCouldLeaveItsFolderOrLieIsRefused(string path)
    {
        Assert.False(PackagePath.IsValid(path));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File(path)]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("...")]
    [InlineData(".hidden")]
    [InlineData("a..b/c")]
    [InlineData("back\\slash")]
    [InlineData("日本語/ファイル")]
    public void OrdinaryPathIsKept(string path) =>
        Assert.Equal(path, PackageManifest.Create([File(path)]).Files[0].Path);

    [Fact]
    public void LengthsAreBoundedInBytes()
    {
        Assert.True(PackagePath.IsValid(new string('a', 255)));
        Assert.False(PackagePath.IsValid(new string('a', 256)));
        Assert.True(PackagePath.IsValid(new string('ä', 127)));
        Assert.False(PackagePath.IsValid(new string('ä', 128)));
        var folders = string.Join('/', Enumerable.Repeat(new string('a', 255), 16));
        Assert.Equal(4095, folders.Length);
        Assert.True(PackagePath.IsValid(folders));
        Assert.False(PackagePath.IsValid(folders + "/a"));
        Assert.False(PackagePath.IsValid("a\ud800"));
    }

    [Fact]
    public void SamePathTwiceOrAFileAsFolderIsRefused()
    {
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File("a"), File("a")]));
        var conflict = Assert.Throws<ArgumentException>(
            () => PackageManifest.Create([File("a/b/c"), File("a/b.x"), File("a/b")]));
        Assert.StartsWith("package-conflict", conflict.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File("a"), File("a.x"), File("a/b")]));
        Assert.Equal(2, PackageManifest.Create([File("a/b"), File("a/bc")]).Files.Length);
    }

    [Fact]
    public void ModeKeepsPermissionBitsOnly()
    {
        Assert.Equal(0x1ff, PackageManifest.Create([File("a", 0x1ff)]).Files[0].Mode);
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File("a", 0x200)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => PackageManifest.Create([File("a", -1)]));
    }

    [Fact]
    public void EveryCutAndEveryFlippedBitIsAValue()
    {
        var bytes = PackageManifest.Create([File("a"), File("b/c")]).Encode();
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.False(PackageManifest.TryDecode(bytes.AsSpan(0, i), out _, out _));
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = bytes.ToArray();
                flipped[i] ^= (byte)(1 << bit);
                if (PackageManifest.TryDecode(flipped, out var other, out _))
                    Assert.Equal(flipped, other.Encode());
            }
        }
    }

    [Fact]
    public void LinksAndFoldersHaveTheCommittedEncodingToo()
    {
        PackageLink[] links = [new("b/up", "../a b"), new("a.link", "b/nothing here")];
        PackageFolder[] folders = [new("empty", 0x1ed), new("b", 0x1c0), new("b/c", 0x1ed), new("full", 0x1ed)];
        PackageFile[] files = [File("a b"), File("b/c/d"), File("full/x")];
        var manifest = PackageManifest.Create(files, links, folders);
        GoldenFile.AssertSame("package-manifest-links", manifest.Encode());
        Assert.Equal(
            manifest.Encode(), PackageManifest.Create(files.Reverse(), links.Reverse(), folders.Reverse()).Encode());
        Assert.True(PackageManifest.TryDecode(manifest.Encode(), out var read, out _));
        Assert.Equal(["a.link", "b/up"], read.Links.Select(l => l.Path));
        Assert.Equal(["b", "empty"], read.Folders.Select(f => f.Path)); // the others are said by what is in them
        Assert.Equal(manifest.Encode(), read.Encode());
    }

    [Theory]
    [InlineData("a", "b", true)]
    [InlineData("a", "./b//c/.", true)]
    [InlineData("a/b", "../c", true)]
    [InlineData("a/b/c", "../..", true)]
    [InlineData("a", "..", false)]
    [InlineData("a/b", "../../c", false)]
    [InlineData("a", "/etc/passwd", false)]
    [InlineData("a/b", "c/../d", false)]
    [InlineData("a/b", "../c/../../d", false)]
    public void LinkThatMayLeaveThePackageIsKnown(string path, string target, bool staysInside) =>
        Assert.Equal(staysInside, new PackageLink(path, target).StaysInside);

    [Fact]
    public void ConflictsBetweenListsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File("a")], [new("a", "b")]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File("a/b")], [new("a", "b")]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([File("a")], null, [new("a", 0)]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([], [new("a", "b")], [new("a/b", 0)]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([], [new("a", "")]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([], [new("a", "b\0c")]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([], null, [new("a", 0x200)]));
        Assert.Throws<ArgumentException>(() => PackageManifest.Create([], null, [new("../a", 0)]));
    }

    [Fact]
    public void EveryFlippedBitOfAManifestWithLinksIsAValue()
    {
        var bytes = PackageManifest.Create([File("b/c")], [new("l", "b")], [new("b", 0), new("e", 0x1ed)]).Encode();
        for (var i = 0; i < bytes.Length * 8; i++)
        {
            var flipped = bytes.ToArray();
            flipped[i / 8] ^= (byte)(1 << (i % 8));
            if (PackageManifest.TryDecode(flipped, out var other, out _))
                Assert.Equal(flipped, other.Encode());
        }
    }

    private static PackageFile File(string path, int mode = 0x1a4) =>
        new(path, mode, ContentId.Of([1, 2, 3]), 3);
}
