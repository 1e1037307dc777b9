using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Tests.Documents;

namespace Omega.P2P.Storage.Tests.History;

public sealed class PublicHistoryTests
{
    [Fact]
    public void TheHeadIsACheckpointOverTheSnapshotAndAllBeforeIt()
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        store.Publish(1);
        HeadInfo head = store.TakeSnapshot();

        Assert.Equal((0, 4, 1, 3), (head.Epoch, head.Size, head.SnapshotNumber, head.SnapshotIndex));
        Assert.True(SignedNote.TryParse(head.Note.Span, out SignedNote? note, out _));
        Assert.True(Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint, out _));
        var origin = new LogOrigin(LocalLogStandIn.Domain, 0).ToString();
        Assert.Equal((origin, 4, head.Root), (checkpoint.Origin, checkpoint.Size, checkpoint.Root));
        var key = new NoteSigner(origin, LocalLogStandIn.HeadKey).Key;
        Assert.Equal(NoteVerdict.Verified, note.Verify(key).Verdict);
    }

    [Fact]
    public void TheSnapshotCommitsToWhatIsPublishedAndOpensForEachAudience()
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        store.Publish(1);
        store.Publish(2, "public");
        HeadInfo head = store.TakeSnapshot(timeUnixMs: 99);

        Assert.True(store.History.TryBody(0, head.SnapshotIndex, out _, out ReadOnlyMemory<byte> body));
        Assert.True(PublicRecord.TryDecode(body.Span, out PublicRecord? record, out _));
        var snapshot = Assert.IsType<PublicRecord.Snapshot>(record);
        Assert.Equal((1, 4, 99), (snapshot.Number, snapshot.Size, snapshot.TimeUnixMs));
        Assert.True(store.History.TryRoot(0, 4, out Hash256 root));
        Assert.Equal(root, snapshot.Root);
        IReadOnlyList<AudienceOpening> openings = store.History.LastSnapshot!.Secrets!.Openings();
        Assert.Equal(["peers", "public"], openings.Select(o => o.Audience));
        Assert.All(openings, o => Assert.True(snapshot.CommitsTo(o)));
        Assert.Equal(store.Published.Root("peers"), openings[0].Root);
        Assert.NotEqual(openings[0].Salt, openings[1].Salt);
    }

    [Fact]
    public void ASnapshotWithNothingNewIsTheOneBefore()
    {
        var disk = new DictionaryFileSystem();
        using var store = new LocalLogStandIn(disk, []);
        store.Begin();
        store.Publish(1);
        HeadInfo first = store.TakeSnapshot();
        var before = disk.Contents("public");
        int syncs = disk.Syncs;
        store.Current.Set(LocalLogStandIn.Key(9), Blake3.Hash([9]));
        Assert.Same(first, store.TakeSnapshot(timeUnixMs: 5_000));
        Assert.Equal(before, disk.Contents("public"));
        Assert.Equal(syncs, disk.Syncs);
    }

    [Fact]
    public void ProofsVerifyAtEverySizeAndIndex()
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        for (int i = 0; i < 600; i++)
            store.Publish(i);
        long size = store.History.Size;
        Assert.True(store.History.TryLeaves(0, 0, size, out IReadOnlyList<Hash256>? leaves));
        Assert.True(store.History.TryRoot(0, size, out Hash256 root));
        foreach (long index in new[] { 0, 1, 255, 256, 257, 511, 512, 600, size - 1 })
        {
            Assert.True(store.History.TryInclusion(0, index, size, out Hash256[]? proof));
            Hash256 leaf = LogCommitment.LeafHash(leaves[(int)index]);
            Assert.True(Proofs.VerifyInclusion(leaf, index, size, proof, root));
        }

        foreach (long m in new[] { 1, 2, 255, 256, 257, 500, 512, size })
        {
            Assert.True(store.History.TryRoot(0, m, out Hash256 rootM));
            Assert.True(store.History.TryConsistency(0, m, size, out Hash256[]? proof));
            Assert.True(Proofs.VerifyConsistency(m, size, rootM, root, proof));
            var plain = new LogTree();
            foreach (Hash256 commitment in leaves.Take((int)m))
                plain.Append(LogCommitment.LeafHash(commitment));
            Assert.Equal(plain.Root, rootM);
        }
    }

    [Fact]
    public void QuestionsBeyondTheLogAreAnsweredNo()
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        PublicHistory history = store.History;
        foreach (long bad in new[] { -1, 3, long.MaxValue, long.MinValue })
        {
            Assert.False(history.TryRoot(0, bad, out _));
            Assert.False(history.TryInclusion(0, 0, bad, out _));
            Assert.False(history.TryInclusion(0, bad, 2, out _));
            Assert.False(history.TryConsistency(0, 1, bad, out _));
            Assert.False(history.TryConsistency(0, bad, 2, out _));
            Assert.False(history.TryLeaves(0, 0, bad, out _));
            Assert.False(history.TryLeaves(0, bad, 2, out _));
            Assert.False(history.TryBody(0, bad, out _, out _));
            Assert.False(history.TryRoot(bad, 1, out _));
        }

        Assert.False(history.TryConsistency(0, 0, 2, out _));
    }

    [Fact]
    public void EverythingButTheLogIsMadeAgainBitForBit()
    {
        var disk = new DictionaryFileSystem();
        var log = new List<byte[]>();
        HeadInfo head = FillTwoEpochs(disk, log);
        IReadOnlyDictionary<string, string> history = disk.Contents("public");
        IReadOnlyDictionary<string, string> snapshots = disk.Contents("snapshots");
        Assert.Equal(3, snapshots.Count);
        disk.DeleteTree("public");
        disk.DeleteTree("snapshots");

        using var again = new LocalLogStandIn(disk, log, seed: 2);
        Assert.Equal(head.Note.ToArray(), again.History.Head!.Note.ToArray());
        Assert.Equal(head with { Note = default }, again.History.Head with { Note = default });
        Assert.Equal(history.OrderBy(f => f.Key), disk.Contents("public").OrderBy(f => f.Key));
        Assert.Equal(snapshots.OrderBy(f => f.Key), disk.Contents("snapshots").OrderBy(f => f.Key));
    }

    [Theory]
    [InlineData("public/0/leaves")]
    [InlineData("public/1/leaves")]
    [InlineData("public/1/bodies")]
    [InlineData("public/1/bodies.ends")]
    [InlineData("public/1/head-0000000000000005")]
    [InlineData("snapshots/alice.personal@2")]
    public void AnyOneFileThatIsMissingIsMadeAgain(string path)
    {
        var disk = new DictionaryFileSystem();
        var log = new List<byte[]>();
        FillTwoEpochs(disk, log);
        byte[] before = disk.Read(path);
        disk.Delete(path);
        using var again = new LocalLogStandIn(disk, log);
        Assert.Equal(before, disk.Read(path));
    }

    [Fact]
    public void AnErasedBodyLeavesEveryProofStanding()
    {
        var disk = new DictionaryFileSystem();
        var log = new List<byte[]>();
        HeadInfo head = FillTwoEpochs(disk, log);
        Assert.True(PreparedLeaf.TryDecode(log[2], out PreparedLeaf? leaf, out _));
        log[2] = leaf.Erased().Encode();
        disk.DeleteTree("public");

        using var again = new LocalLogStandIn(disk, log);
        Assert.Equal(head.Note.ToArray(), again.History.Head!.Note.ToArray());
        Assert.False(again.History.TryBody(0, 2, out _, out _));
        Assert.True(again.History.TryBody(0, 3, out _, out _));
        Assert.True(again.History.TryRoot(0, 4, out Hash256 root));
        Assert.True(again.History.TryInclusion(0, 2, 4, out Hash256[]? proof));
        Assert.True(Proofs.VerifyInclusion(LogCommitment.LeafHash(leaf.Commitment), 2, 4, proof, root));
    }

    [Fact]
    public void AHeadForMoreThanTheLogHoldsIsNeverSignedOver()
    {
        var disk = new DictionaryFileSystem();
        var log = new List<byte[]>();
        using (var store = new LocalLogStandIn(disk, log))
        {
            store.Begin();
            store.TakeSnapshot();
            store.Publish(1);
            store.TakeSnapshot();
        }

        IReadOnlyDictionary<string, string> before = disk.Contents("public");
        using var rolledBack = new LocalLogStandIn(disk, log.Take(3).ToList());
        Assert.True(rolledBack.History.IsHeadBeyondLog);
        Assert.Null(rolledBack.History.Head);
        Assert.Equal(before.Keys.Where(k => k.Contains("head-", StringComparison.Ordinal)),
            disk.Contents("public").Keys.Where(k => k.Contains("head-", StringComparison.Ordinal)));
    }

    [Fact]
    public void ALogThatContradictsASignedHeadIsRefused()
    {
        var disk = new DictionaryFileSystem();
        FillTwoEpochs(disk, []);
        var other = new List<byte[]>();
        using (var store = new LocalLogStandIn(new DictionaryFileSystem(), other, seed: 9))
        {
            store.Begin();
            store.Publish(1);
            store.Publish(2);
            store.Publish(3);
            store.TakeSnapshot();
        }

        Assert.Throws<StoreDamagedException>(() => new LocalLogStandIn(disk, other));
    }

    [Fact]
    public void AFlippedByteInTheLeavesIsHealedFromTheLog()
    {
        var disk = new DictionaryFileSystem();
        var log = new List<byte[]>();
        FillTwoEpochs(disk, log);
        byte[] before = disk.Read("public/1/leaves");
        byte[] bad = [.. before];
        bad[40] ^= 1;
        disk.Replace("public/1/leaves", bad);
        using var again = new LocalLogStandIn(disk, log);
        Assert.Equal(before, disk.Read("public/1/leaves"));
    }

    [Fact]
    public void LeavesThatDidNotBecomeDurableAreForgotten()
    {
        using var store = new LocalLogStandIn(new DictionaryFileSystem(), []);
        store.Begin();
        PreparedLeaf lost = store.History.Prepare(new PublicRecord.Dam(default, 2));
        Assert.Equal(2, lost.Index);
        store.History.ForgetPrepared();
        Assert.Equal(2, store.History.Prepare(new PublicRecord.Dam(default, 3)).Index);
        Assert.Throws<InvalidOperationException>(() => store.History.Apply(lost with { Index = 5 }));
    }

    private static HeadInfo FillTwoEpochs(IFileSystem disk, List<byte[]> log)
    {
        using var store = new LocalLogStandIn(disk, log);
        store.Begin();
        store.Publish(1);
        store.Publish(2, "public");
        store.TakeSnapshot();
        store.Publish(3);
        store.TakeSnapshot();
        store.Append(store.History.PrepareEpoch(1, Blake3.Hash([1])));
        foreach (var publication in store.Published.All())
        {
            var record = new PublicRecord.Publish(
                publication.Key, publication.Audience, Blake3.Hash(publication.Entry.Span));
            store.Append(store.History.Prepare(record));
        }

        HeadInfo head = store.TakeSnapshot();
        Assert.Equal((1, 5, 3), (head.Epoch, head.Size, head.SnapshotNumber));
        return head;
    }
}
