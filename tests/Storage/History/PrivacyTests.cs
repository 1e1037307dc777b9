using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Tests.Documents;

namespace Omega.P2P.Storage.Tests.History;

/// <summary>Law 7: what a follower is shown does not depend on what was kept private.</summary>
public sealed class PrivacyTests
{
    [Fact]
    public void PrivateArtifactsChangeNothingAFollowerIsShownButTheBlindedDigest()
    {
        List<PublicRecord> without = ShownToAPeer(privateArtifacts: 0);
        List<PublicRecord> with = ShownToAPeer(privateArtifacts: 50);
        Assert.Equal(without.Count, with.Count);
        for (int i = 0; i < without.Count; i++)
        {
            Assert.Equal(without[i].Encode().Length, with[i].Encode().Length);
            if (without[i] is PublicRecord.Snapshot plain && with[i] is PublicRecord.Snapshot other)
            {
                // The digest is hidden by a random salt, so even equal digests show different bytes; the tree's root
                // differs for the same reason after the first snapshot.
                Assert.NotEqual(plain.Current, other.Current);
                Assert.Equal(plain, other with { Current = plain.Current, Root = plain.Root });
            }
            else
            {
                Assert.Equal(without[i].Encode(), with[i].Encode());
            }
        }
    }

    [Fact]
    public void TheBlindedDigestOfOneSetIsNewInEverySnapshot()
    {
        List<PublicRecord.Snapshot> snapshots =
            [.. ShownToAPeer(privateArtifacts: 1).OfType<PublicRecord.Snapshot>()];
        Assert.Equal(2, snapshots.Count);
        Assert.NotEqual(snapshots[0].Current, snapshots[1].Current);
        Assert.Empty(snapshots[0].Published.Intersect(snapshots[1].Published));
    }

    [Fact]
    public void NeitherAudienceNamesNorRootsStandInWhatEveryFollowerReads()
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        store.Publish(1, "secret-audience");
        HeadInfo head = store.TakeSnapshot();
        Assert.True(store.History.TryBody(0, head.SnapshotIndex, out _, out ReadOnlyMemory<byte> body));
        Assert.Equal(-1, body.Span.IndexOf("secret"u8));
        Assert.Equal(-1, body.Span.IndexOf(store.Published.Root("secret-audience").AsSpan()));
        Assert.Equal(-1, body.Span.IndexOf(store.Current.Root.AsSpan()));
    }

    [Fact]
    public void ABodyNamesItsOnlyReaders()
    {
        Assert.Equal("a", new PublicRecord.Publish(default, "a", default).Reader);
        Assert.Equal("a", new PublicRecord.Unpublish(default, "a").Reader);
        Assert.Null(new PublicRecord.Dam(default, 1).Reader);
        Assert.Null(new PublicRecord.Epoch(1, default).Reader);
    }

    private static List<PublicRecord> ShownToAPeer(int privateArtifacts)
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        for (int i = 0; i < privateArtifacts; i++)
            store.Current.Set(LocalLogStandIn.Key(1000 + i), Blake3.Hash([(byte)i]));
        store.Publish(1);
        store.TakeSnapshot();
        store.Publish(2);
        store.TakeSnapshot();
        var shown = new List<PublicRecord>();
        for (long i = 0; i < store.History.Size; i++)
        {
            Assert.True(store.History.TryBody(0, i, out _, out ReadOnlyMemory<byte> body));
            Assert.True(PublicRecord.TryDecode(body.Span, out PublicRecord? record, out _));
            if (record.Reader is null or "peers")
                shown.Add(record);
        }

        return shown;
    }
}
