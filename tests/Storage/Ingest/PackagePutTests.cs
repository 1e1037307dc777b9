using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class PackagePutTests
{
    private static readonly int[] Sizes = [0, 1, 1000, 40_000, 70_000, 2_500_000];

    [Fact]
    public void FilesAreContentsAndTheManifestNamesThem()
    {
        using var test = new TestStore();
        var put = Put(test, Tree(Sizes));
        AssertTree(test, put, Sizes);
        test.Reopen();
        AssertTree(test, put, Sizes);
        var info = Assert.Single(test.Store.List(ArtifactFilter.All));
        Assert.Equal(PackageManifest.TypeTag, info.Type);
        Assert.True(Put(test, Tree(Sizes)).AlreadyThere);
    }

    [Fact]
    public void ManySmallFilesFillBlocksAndFewRideInTheLog()
    {
        var sizes = Enumerable.Range(0, 6_000).Select(i => 1_000 + (i % 7)).ToArray();
        using var test = new TestStore();
        var commits = test.Store.Stats.LogCommits;
        var put = Put(test, Tree(sizes));
        Assert.Equal(commits + 1, test.Store.Stats.LogCommits);
        Assert.InRange(test.CountBlockFiles(), 2, 5);
        var log = test.Store.Stats.LogBytes;
        test.Crash();
        AssertTree(test, put, sizes);
        Put(test, Tree([5, 6, 7]));
        Assert.InRange(test.Store.Stats.LogBytes - log, 1, 4_000);
    }

    [Fact]
    public void UnchangedFilesAreNamedWithoutTheirBytes()
    {
        using var test = new TestStore();
        Put(test, Tree(Sizes));
        using var package = test.Store.BeginPackage(Request());
        var files = Tree(Sizes).Select((bytes, i) =>
        {
            Assert.True(package.TryKeep(ContentId.Of(bytes), bytes.Length));
            return new PackageFile($"other/{i}", 0x1a4, ContentId.Of(bytes), bytes.Length);
        }).ToList();
        Assert.False(package.TryKeep(ContentId.Of([1, 2, 3]), 3));
        var put = package.Complete(PackageManifest.Create(files), Attest(test), TestStore.Now(5));
        Assert.False(put.AlreadyThere);
        Assert.Equal(Sizes.Length, test.Store.ReadPackage(put.Content).Files.Length);
    }

    [Fact]
    public void FileThatWasNotBroughtIsRefusedAndNothingStays()
    {
        using var test = new TestStore();
        using (var package = test.Store.BeginPackage(Request()))
        {
            var missing = new PackageFile("a", 0x1a4, ContentId.Of([1, 2, 3]), 3);
            package.Add(TestStore.Bytes(3, 5_000_000));
            var refused = Assert.Throws<StoreRefusedException>(
                () => package.Complete(PackageManifest.Create([missing]), Attest(test), TestStore.Now(2)));
            Assert.Equal("package-incomplete", refused.Code);
        }

        Assert.Empty(test.Store.List(ArtifactFilter.All));
        Assert.Equal(0, test.CountBlockFiles());
        Assert.Equal(0, test.CountFiles("blocks/open", ".tmp"));
    }

    [Fact]
    public void OtherAudiencesBytesAreNotNamedButBroughtAgain()
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(4, 2_000);
        test.Put(bytes);
        using var package = test.Store.BeginPackage(Request() with { Audience = "public" });
        Assert.False(package.TryKeep(ContentId.Of(bytes), bytes.Length));
    }

    [Fact]
    public void FilesAreFoundByTheirPackageAndEachAnswerIsAsOfNow()
    {
        using var test = new TestStore();
        var trees = Tree([1_000, 70_000]);
        var ids = trees.Select(bytes => ContentId.Of(bytes)).ToList();
        Assert.All(test.Store.FindContents(ids), Assert.Null);
        var put = Put(test, trees);
        for (var i = 0; i < 3; i++)
        {
            Assert.All(test.Store.FindContents(ids), (info, at) =>
            {
                Assert.True(info!.IsHere);
                Assert.Equal(trees[at].Length, info.Size);
                Assert.Empty(Assert.Single(info.Users).Published);
            });
        }

        test.Store.Publish(put.Key, "named", TestStore.Now(50));
        Assert.All(
            test.Store.FindContents(ids), info => Assert.Equal(["named"], Assert.Single(info!.Users).Published));
        test.Store.Remove([put.Key], null, TestStore.Now(51));
        Assert.All(test.Store.FindContents(ids), Assert.Null);
    }

    [Fact]
    public void FilesOfAPackageAreSettledBeforeAnybodyAsks()
    {
        using var test = new TestStore();
        var tree = Tree([.. Enumerable.Repeat(100, 500)]);
        var put = Put(test, tree);
        var calls = test.Files.Calls; // who settles a package reads its manifest
        Assert.All(test.Store.FindContents([.. tree.Select(bytes => ContentId.Of(bytes))]), Assert.NotNull);
        Assert.Equal(calls, test.Files.Calls);
        test.Store.Remove([put.Key], null, TestStore.Now(5));
        Assert.All(test.Store.FindContents([.. tree.Select(bytes => ContentId.Of(bytes))]), Assert.Null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void APackageOfAnotherDomainIsWholeOnceItsFilesWereBrought(bool areBrought)
    {
        using var test = new TestStore();
        var tree = Tree([100, 3_000, 70_000]);
        var files = tree.Select((bytes, i) => new PackageFile($"d/{i}", 0x1a4, ContentId.Of(bytes), bytes.Length));
        var manifest = new ImportSample(
            PackageManifest.Create(files).Encode(), type: PackageManifest.TypeTag);
        manifest.Import(test.Store);
        using var rebuild = test.Store.BeginRebuild(manifest.Key);
        Assert.Equal(tree.Select(bytes => ContentId.Of(bytes)), rebuild.Fresh.Select(file => file.Content));
        using var batch = test.Store.BeginImport();
        foreach (var bytes in tree)
        {
            Assert.Equal(ImportNeed.Whole, batch.Need(ContentId.Of(bytes), bytes.Length, rebuild.Audience));
            batch.AddWhole(ContentId.Of(bytes), rebuild.Audience, bytes);
        }

        if (areBrought) batch.Complete(TestStore.Now(6));
        rebuild.Complete(TestStore.Now(7), batch);
        Assert.Equal(!areBrought, test.Store.LacksFiles(manifest.Key));
        Assert.True(test.Store.TryGet(manifest.Key, out var info));
        Assert.Equal(areBrought ? ArtifactState.Local : ArtifactState.Evicted, info!.State);
        if (!areBrought) return;
        test.Store.Idle(TestStore.Now(60));
        test.Store.Evict(test.Store.PlanEviction([manifest.Key]), TestStore.Now(61));
        Assert.True(test.Store.LacksFiles(manifest.Key));
    }

    [Fact]
    public void EvictedPackageKeepsItsManifestAndWhatOthersShareAndComesBack()
    {
        using var test = new TestStore();
        var shared = TestStore.Bytes(100, 30_000);
        var trees = Tree([1_000, 70_000, 2_500_000]).Append(shared).ToList();
        var put = Put(test, trees);
        var other = test.Put(shared, "kept");
        test.Store.Idle(TestStore.Now(60));
        Assert.False(test.Store.LacksFiles(put.Key));

        var plan = test.Store.PlanEviction([put.Key]);
        Assert.Equal(
            trees.Select(bytes => ContentId.Of(bytes)).Order(),
            plan.Contents.Select(content => content.Content).Order());
        test.Store.Evict(plan, TestStore.Now(61));
        Assert.True(test.Store.LacksFiles(put.Key));
        test.Crash();
        Assert.Equal(shared, test.Read(other.Content));
        Assert.Equal(4, test.Store.ReadPackage(put.Content).Files.Length);
        Assert.True(test.Store.TryGet(put.Key, out var info));
        Assert.Equal(ArtifactState.Partial, info!.State);
        Assert.Throws<NotHereException>(() => test.Store.OpenContent(ContentId.Of(trees[2])));

        using (var rebuild = test.Store.BeginRebuild(put.Key))
        {
            var byContent = trees.ToDictionary(bytes => ContentId.Of(bytes));
            foreach (var wanted in rebuild.Wanted)
            {
                rebuild.Write(wanted.Content, wanted.Offset,
                    byContent[wanted.Content].AsSpan((int)wanted.Offset, (int)wanted.Length));
            }

            rebuild.Complete(TestStore.Now(62));
        }

        Assert.True(test.Store.TryGet(put.Key, out info));
        Assert.Equal(ArtifactState.Local, info!.State);
        Assert.All(trees, bytes => Assert.Equal(bytes, test.Read(ContentId.Of(bytes))));
    }

    [Fact]
    public void FileOfAPackageIsFoundByPrefixAndStaysWhenItsNeighbourGoes()
    {
        using var test = new TestStore();
        var put = Put(test, Tree(Sizes));
        var neighbour = test.Put(TestStore.Bytes(900, 3_000));
        test.Store.Idle(TestStore.Now(60));
        test.Store.Evict(test.Store.PlanEviction([neighbour.Key]), TestStore.Now(61));
        test.Store.Repack(TestStore.Now(62), 1);
        AssertTree(test, put, Sizes);
        var content = ContentId.Of(Tree(Sizes)[3]);
        Assert.True(IdText.TryParse(content.ToString()[..15], out var prefix));
        var found = Assert.Single(test.Store.FindPackaged(prefix, 5));
        Assert.Equal((content, 40_000L, put.Key), (found.Content, found.Size, found.Package));
        Assert.Single(test.Store.PackagesWith(content));
        Assert.Empty(test.Store.PackagesWith(ContentId.Of([8, 8])));
    }

    [Fact]
    public void PublishingAPackageCopiesItsFilesToTheAudience()
    {
        using var test = new TestStore();
        var put = Put(test, Tree(Sizes));
        test.Store.Publish(put.Key, "peers", TestStore.Now(3));
        Assert.All(Tree(Sizes).Where(bytes => bytes.Length > 0), bytes =>
            Assert.True(test.Store.IsKept(ContentId.Of(bytes), "peers", null)));
        test.Crash();
        AssertTree(test, put, Sizes);
    }

    /// <summary>Law 4: power lost at any call leaves the whole package or nothing of it.</summary>
    [Fact]
    public void PowerLostAtAnyCallLeavesAllOrNothing()
    {
        int[] sizes = [0, 10, 3_000, 70_000, 300_000];
        var isOver = false;
        var stop = 0;
        while (!isOver)
        {
            using var test = new TestStore();
            test.Files.FailAt(test.Files.Calls + ++stop, DiskFault.PowerLoss);
            PutResult? acknowledged = null;
            try
            {
                acknowledged = Put(test, Tree(sizes));
                test.Store.Idle(TestStore.Now(60));
                isOver = true;
            }
            catch (IOException cut)
            {
                Assert.IsType<PowerLossException>(cut);
            }

            test.Crash(CrashOutcome.Torn, (ulong)stop);
            var listed = test.Store.List(ArtifactFilter.All).ToList();
            Assert.True(acknowledged is null || listed.Count == 1);
            foreach (var file in listed.SelectMany(info => test.Store.ReadPackage(info.Content).Files))
            {
                Assert.Equal(file.Content, ContentId.Of(test.Read(file.Content)));
            }

            Assert.Empty(test.Store.Verify(Storage.Recovery.VerifyDepth.Bytes, null));
        }

        Assert.InRange(stop, 10, 500);
    }

    private static PutRequest Request() => new() { Type = PackageManifest.TypeTag, Brane = "replay" };

    private static AttestMany Attest(TestStore test) =>
        list => [TestStore.Attest(test.Store, list[0], "replay")];

    private static List<byte[]> Tree(int[] sizes) => [.. sizes.Select((size, i) => TestStore.Bytes(i + 50, size))];

    private static PutResult Put(TestStore test, List<byte[]> tree)
    {
        using var package = test.Store.BeginPackage(Request());
        var files = tree.Select((bytes, i) => new PackageFile($"d/{i}", 0x1a4, Add(package, bytes), bytes.Length));
        return package.Complete(PackageManifest.Create(files), Attest(test), TestStore.Now(2));
    }

    private static ContentId Add(PackagePut package, byte[] bytes)
    {
        if (bytes.Length < 1_000_000) return package.Add(bytes);
        using var content = package.Begin();
        content.Write(bytes.AsSpan(0, 999_999));
        content.Write(bytes.AsSpan(999_999));
        return content.End();
    }

    private static void AssertTree(TestStore test, PutResult put, int[] sizes)
    {
        var manifest = test.Store.ReadPackage(put.Content);
        Assert.Equal(sizes.Length, manifest.Files.Length);
        var tree = Tree(sizes);
        foreach (var file in manifest.Files)
        {
            var bytes = tree[int.Parse(file.Path[2..])];
            Assert.Equal((ContentId.Of(bytes), (long)bytes.Length), (file.Content, file.Size));
            Assert.Equal(bytes, test.Read(file.Content));
            Assert.True(test.Store.HasContent(file.Content));
        }
    }
}
