using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Primitives.Tests.PublicLog;

public sealed class PublicRecordTests
{
    public static TheoryData<string> Kinds => [.. Examples().Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKindReadsBackEqualFromCanonicalBytes(string kind)
    {
        PublicRecord record = Examples()[kind];
        byte[] bytes = record.Encode();
        Assert.True(DagCbor.IsCanonical(bytes, PublicRecord.SizeBytesMax, out _));
        Assert.True(PublicRecord.TryDecode(bytes, out PublicRecord? read, out var error), error.ToString());
        Assert.Equal(record, read);
        Assert.Equal(bytes, read.Encode());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryCutAndEveryTrailingByteIsRefused(string kind)
    {
        byte[] bytes = Examples()[kind].Encode();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(PublicRecord.TryDecode(bytes.AsSpan(0, length), out _, out var error));
            Assert.False(error.IsNone);
        }

        Assert.False(PublicRecord.TryDecode([.. bytes, 0], out _, out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryFlippedByteIsRefusedOrReadsAsWhatItNowSays(string kind)
    {
        byte[] bytes = Examples()[kind].Encode();
        for (int at = 0; at < bytes.Length; at++)
        {
            foreach (byte mask in new byte[] { 1, 0x20, 0x80, 0xff })
            {
                byte[] bad = [.. bytes];
                bad[at] ^= mask;
                if (PublicRecord.TryDecode(bad, out PublicRecord? read, out _))
                    Assert.Equal(bad, read.Encode());
            }
        }
    }

    [Fact]
    public void CommitmentsOutOfOrderAreRefused()
    {
        var snapshot = (PublicRecord.Snapshot)Examples()["snapshot"];
        PublicRecord reversed = snapshot with { Published = snapshot.Published.Reverse().ToArray() };
        Assert.False(PublicRecord.TryDecode(reversed.Encode(), out _, out var error));
        Assert.Equal("record-order", error.Code);
    }

    [Fact]
    public void AnUnknownKindIsRefusedByName()
    {
        var writer = new CborWriter();
        writer.WriteMapStart(3);
        writer.WriteKey("kind");
        writer.WriteText("rumour");
        writer.WriteKey("number");
        writer.WriteUInt(1);
        writer.WriteKey("record");
        writer.WriteBytes(new byte[32]);
        Assert.False(PublicRecord.TryDecode(writer.Written, out _, out var error));
        Assert.Equal("record-kind", error.Code);
    }

    [Fact]
    public void OnlyTheRightOpeningOpensASnapshot()
    {
        var opening = new AudienceOpening("peers", Blake3.Hash([1]), Blake3.Hash([2]));
        var snapshot = (PublicRecord.Snapshot)Examples()["snapshot"] with { Published = [opening.Commitment()] };
        Assert.True(snapshot.CommitsTo(opening));
        Assert.False(snapshot.CommitsTo(opening with { Audience = "peer" }));
        Assert.False(snapshot.CommitsTo(opening with { Root = Blake3.Hash([3]) }));
        Assert.False(snapshot.CommitsTo(opening with { Salt = Blake3.Hash([3]) }));
    }

    [Fact]
    public void AnAudienceWithoutANameIsOurMistake() =>
        Assert.Throws<InvalidOperationException>(() => new PublicRecord.Unpublish(default, "").Encode());

    private static Dictionary<string, PublicRecord> Examples()
    {
        ArtifactKey key = ArtifactKey.From(Blake3.Hash([9]));
        Hash256[] sorted = [.. new[] { Blake3.Hash([1]), Blake3.Hash([2]), Blake3.Hash([3]) }.Order()];
        return new Dictionary<string, PublicRecord>(StringComparer.Ordinal)
        {
            ["publish"] = new PublicRecord.Publish(key, "peers", Blake3.Hash([7])),
            ["unpublish"] = new PublicRecord.Unpublish(key, "Größe"),
            ["dam"] = new PublicRecord.Dam(Blake3.Hash([8]), 3),
            ["epoch"] = new PublicRecord.Epoch(0, default),
            ["snapshot"] = new PublicRecord.Snapshot(
                4, 70_000, Blake3.Hash([5]), sorted, Blake3.Hash([6]), Blake3.Hash([4]), 1_700_000_000_000),
        };
    }
}
