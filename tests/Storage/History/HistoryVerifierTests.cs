using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Tests.Documents;

namespace Omega.P2P.Storage.Tests.History;

public sealed class HistoryVerifierTests
{
    private readonly DictionaryFileSystem _disk = new();
    private readonly LocalLogStandIn _store;

    public HistoryVerifierTests()
    {
        _store = new LocalLogStandIn(_disk, []);
        _store.Begin();
        _store.Publish(1);
        _store.TakeSnapshot();
        _store.Publish(2, "public");
        _store.TakeSnapshot();
    }

    [Fact]
    public void AnUntouchedHistoryHasNoFindings() => Assert.Empty(Verify(LocalLogStandIn.HeadKey.PublicKey));

    [Fact]
    public void AHeadByAnotherKeyIsFound()
    {
        using var other = Ed25519PrivateKey.FromSeed(Blake3.Hash([1]).AsSpan());
        Assert.Equal("head of epoch 0", Assert.Single(Verify(other.PublicKey)).Place);
    }

    [Fact]
    public void AChangedBodyIsFoundByItsLeaf()
    {
        byte[] bodies = _disk.Read("public/0/bodies");
        int second = (int)BitConverter.ToInt64(_disk.Read("public/0/bodies.ends"), 8);
        bodies[second + 40] ^= 1;
        Overwrite("public/0/bodies", bodies);
        Assert.Contains(Verify(LocalLogStandIn.HeadKey.PublicKey), f => f.Place == "epoch 0, leaf 2");
    }

    [Fact]
    public void AChangedLeafIsFoundBySnapshotAndHead()
    {
        byte[] leaves = _disk.Read("public/0/leaves");
        leaves[5] ^= 1;
        Overwrite("public/0/leaves", leaves);
        List<string> places = [.. Verify(LocalLogStandIn.HeadKey.PublicKey).Select(f => f.Place)];
        Assert.Contains("epoch 0, leaf 0", places);
        Assert.Contains("epoch 0, leaf 3", places);
        Assert.Contains("head of epoch 0", places);
    }

    [Fact]
    public void AChangedManifestIsFound()
    {
        byte[] manifest = _disk.Read("snapshots/alice.personal@2");
        manifest[^1] ^= 1;
        _disk.Replace("snapshots/alice.personal@2", manifest);
        Assert.Equal("snapshot 2", Assert.Single(Verify(LocalLogStandIn.HeadKey.PublicKey)).Place);
    }

    private List<HistoryFinding> Verify(Ed25519PublicKey headKey) =>
        [.. new HistoryVerifier(_store.History, [headKey]).Verify(e => new LogOrigin(LocalLogStandIn.Domain, e))];

    /// <summary>Changes a file under an open handle, as rot does.</summary>
    private void Overwrite(string path, byte[] bytes)
    {
        using var file = _disk.Open(path, Storage.Files.FileOpenMode.ReadWrite);
        file.Truncate(0);
        file.Append(bytes);
    }
}
