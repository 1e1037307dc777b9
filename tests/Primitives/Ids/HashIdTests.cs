using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Ids;

public sealed class HashIdTests
{
    private static readonly Hash256 Sample = Hash256.From(new SeededBytes(101).Bytes(32));

    [Fact]
    public void EachKindHasItsWord()
    {
        Assert.Equal("b3:" + Sample, ContentId.From(Sample).ToString());
        Assert.Equal("blk:" + Sample, BlockId.From(Sample).ToString());
        Assert.Equal("key:" + Sample, ArtifactKey.From(Sample).ToString());
        Assert.Equal("dom:" + Sample, DomainId.From(Sample).ToString());
    }

    [Fact]
    public void TextOfOneKindIsNotReadAsAnother()
    {
        Assert.True(BlockId.TryParse("blk:" + Sample, out BlockId block) && block.Hash == Sample);
        Assert.True(ArtifactKey.TryParse("key:" + Sample, out ArtifactKey key) && key.Hash == Sample);
        Assert.True(DomainId.TryParse("dom:" + Sample, out DomainId domain) && domain.Hash == Sample);
        Assert.False(BlockId.TryParse("key:" + Sample, out _));
        Assert.False(ArtifactKey.TryParse("blk:" + Sample, out _));
        Assert.False(DomainId.TryParse(Sample.ToString(), out _));
        Assert.False(ContentId.TryParse("blk:" + Sample, out _));
    }

    [Fact]
    public void OnlyTheWholeLowerCaseTextIsRead()
    {
        string text = "b3:" + Sample;
        for (int length = 0; length < text.Length; length++)
            Assert.False(ContentId.TryParse(text.AsSpan(0, length), out _));
        Assert.False(ContentId.TryParse(text + "0", out _));
        Assert.False(ContentId.TryParse("b3:" + Sample.ToString().ToUpperInvariant(), out _));
        Assert.False(ContentId.TryParse("B3:" + Sample, out _));
    }

    [Fact]
    public void CidOfAnotherCodecOrHashIsNoContentId()
    {
        Assert.True(ContentId.TryFromCid(ContentId.From(Sample).ToCid(), out ContentId id));
        Assert.Equal(Sample, id.Hash);
        Assert.False(ContentId.TryFromCid(Cid.Create(Cid.CodecDagCbor, Cid.HashBlake3, Sample.AsSpan()), out _));
        Assert.False(ContentId.TryFromCid(Cid.Create(Cid.CodecRaw, Cid.HashSha256, Sample.AsSpan()), out _));
        Assert.False(ContentId.TryFromCid(Cid.Create(Cid.CodecRaw, Cid.HashBlake3, Sample.AsSpan()[..31]), out _));
    }

    [Fact]
    public void OrderIsThatOfTheBytes()
    {
        SeededBytes random = new(102);
        for (int i = 0; i < 1_000; i++)
        {
            byte[] left = random.Bytes(32);
            byte[] right = random.Mutated(left)[..31].Append((byte)7).ToArray();
            int order = Math.Sign(left.AsSpan().SequenceCompareTo(right));
            BlockId a = BlockId.From(Hash256.From(left));
            BlockId b = BlockId.From(Hash256.From(right));
            Assert.Equal(order, Math.Sign(a.CompareTo(b)));
            Assert.Equal(order < 0, a < b);
            Assert.Equal(order >= 0, a >= b);
            Assert.Equal(order == 0, a == b);

            MeshId m = MeshId.From(left.AsSpan(0, 16));
            MeshId n = MeshId.From(right.AsSpan(0, 16));
            order = Math.Sign(left.AsSpan(0, 16).SequenceCompareTo(right.AsSpan(0, 16)));
            Assert.Equal(order, Math.Sign(m.CompareTo(n)));
        }
    }

    [Fact]
    public void DefaultNamesNothing()
    {
        Assert.True(default(ContentId).IsDefault);
        Assert.True(default(MeshId).IsDefault);
        Assert.False(ContentId.From(Sample).IsDefault);
    }

    [Fact]
    public void MeshIdComesBackFromItsText()
    {
        SeededBytes random = new(103);
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = random.Bytes(MeshId.Length);
            MeshId id = MeshId.From(bytes);
            Assert.Equal(bytes, id.ToArray());
            Assert.Equal(26, id.ToString().Length);
            Assert.True(MeshId.TryParse(id.ToString(), out MeshId again));
            Assert.Equal(id, again);
            Assert.False(MeshId.TryParse(id.ToString().AsSpan(1), out _));
            Assert.False(MeshId.TryParse(id + "a", out _));
        }

        // 26 digits hold 130 bits; the last two must be zero.
        Assert.False(MeshId.TryParse(new string('a', 25) + "b", out _));
        Assert.Throws<ArgumentException>(() => MeshId.From(new byte[15]));
    }
}
