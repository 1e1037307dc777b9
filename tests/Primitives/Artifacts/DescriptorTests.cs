using System.Collections.Immutable;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Artifacts;

public sealed class DescriptorTests
{
    private static readonly ContentId Content = ContentId.Of("content"u8);

    [Fact]
    public void EncodingIsTheCommittedOne()
    {
        var descriptor = Samples.Descriptor();
        GoldenFile.AssertSame("descriptor", descriptor.Bytes.Span);
        GoldenFile.AssertSame("descriptor-key", descriptor.Key.AsSpan());
    }

    [Fact]
    public void KeyIsDeriveKeyOfTheBytes()
    {
        var descriptor = Samples.Descriptor();
        var key = new byte[32];
        Blake3.DeriveKey("omega artifact-key v1", descriptor.Bytes.Span, key);
        Assert.Equal(key, descriptor.Key.AsSpan());
    }

    [Fact]
    public void FieldsComeBack()
    {
        var written = Samples.Descriptor();
        Assert.True(Descriptor.TryDecode(written.Bytes.Span, out var read, out _));
        Assert.Equal(Content, read.Content);
        Assert.Equal(7, read.Size);
        Assert.Equal("snapshot.vm", read.Type);
        Assert.Equal(written.Meta, read.Meta);
        Assert.Equal(["input", "program"], read.Refs.Select(r => r.Role));
        Assert.Equal(written.Refs.AsEnumerable(), read.Refs);
        Assert.Equal(written.Key, read.Key);
    }

    [Fact]
    public void OrderInWhichFieldsAreGivenDoesNotMatter()
    {
        var a = new ArtifactRole("a", [ArtifactRef.To(Samples.OtherArtifact)]);
        var b = new ArtifactRole("bb", [ArtifactRef.To(Samples.OtherArtifact)]);
        Assert.Equal(
            Descriptor.Create(Content, 7, "x", refs: [a, b]).Key, Descriptor.Create(Content, 7, "x", refs: [b, a]).Key);
    }

    [Theory]
    [InlineData("cert.x509", true)]
    [InlineData("a", true)]
    [InlineData("0.-_", true)]
    [InlineData("", false)]
    [InlineData(".a", false)]
    [InlineData("A", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("é", false)]
    public void TypeTagHasOneGrammar(string type, bool valid)
    {
        if (valid)
            Assert.Equal(type, Descriptor.Create(Content, 7, type).Type);
        else
            Assert.Throws<ArgumentException>(() => Descriptor.Create(Content, 7, type));
    }

    [Fact]
    public void BoundsAreExact()
    {
        Assert.NotNull(Descriptor.Create(Content, 7, new string('a', 64)));
        Assert.Throws<ArgumentException>(() => Descriptor.Create(Content, 7, new string('a', 65)));
        Assert.NotNull(Descriptor.Create(Content, 7, "x", refs: Roles(32, 1)));
        Assert.Throws<ArgumentException>(() => Descriptor.Create(Content, 7, "x", refs: Roles(33, 1)));
        Assert.NotNull(Descriptor.Create(Content, 7, "x", refs: Roles(1, 64)));
        Assert.Throws<ArgumentException>(() => Descriptor.Create(Content, 7, "x", refs: Roles(1, 65)));
        Assert.Throws<ArgumentException>(() => Descriptor.Create(Content, 7, "x", refs: Roles(1, 0)));
        var overhead = Descriptor.Create(Content, 7, "x", Meta(1000)).Bytes.Length - 1000;
        var most = Descriptor.SizeBytesMax - overhead;
        Assert.Equal(Descriptor.SizeBytesMax, Descriptor.Create(Content, 7, "x", Meta(most)).Bytes.Length);
        Assert.Throws<ArgumentException>(() => Descriptor.Create(Content, 7, "x", Meta(most + 1)));
    }

    [Fact]
    public void EveryCutAndEveryFlippedBitIsRefusedOrAnotherDescriptor()
    {
        var good = Samples.Descriptor();
        var bytes = good.Bytes.ToArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.False(Descriptor.TryDecode(bytes.AsSpan(0, i), out _, out var error));
            Assert.False(error.IsNone);
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = bytes.ToArray();
                flipped[i] ^= (byte)(1 << bit);
                if (!Descriptor.TryDecode(flipped, out var other, out _))
                    continue;
                Assert.NotEqual(good.Key, other.Key);
                Assert.Equal(
                    flipped,
                    Descriptor.Create(other.Content, other.Size, other.Type, other.Meta, other.Refs).Bytes.ToArray());
            }
        }
        Assert.False(Descriptor.TryDecode([.. bytes, 0], out _, out _));
    }

    [Fact]
    public void ContentMustBeABlake3NameOfRawBytes()
    {
        var cid = Cid.Create(Cid.CodecDagCbor, Cid.HashBlake3, Content.AsSpan());
        var bytes = Samples.Descriptor().Bytes.ToArray();
        var at = bytes.AsSpan().IndexOf(Content.ToCid().Bytes);
        cid.Bytes.CopyTo(bytes.AsSpan(at));
        Assert.False(Descriptor.TryDecode(bytes, out _, out var error));
        Assert.Equal("descriptor-content", error.Code);
    }

    [Fact]
    public void BlindedReferenceOpensOnlyWithItsSalt()
    {
        var blind = ArtifactRef.Blind(Samples.OtherArtifact, Samples.Salt);
        var otherSalt = Samples.Salt.ToArray();
        otherSalt[0] ^= 1;
        Assert.Null(blind.Key);
        Assert.True(blind.Opens(Samples.OtherArtifact, Samples.Salt));
        Assert.False(blind.Opens(Samples.OtherArtifact, otherSalt));
        Assert.False(blind.Opens(Samples.OtherArtifact, Samples.Salt.AsSpan(1)));
        Assert.False(blind.Opens(Samples.Descriptor().Key, Samples.Salt));
        Assert.False(ArtifactRef.To(Samples.OtherArtifact).Opens(Samples.OtherArtifact, Samples.Salt));
    }

    private static CborValue.Map Meta(int bytes) =>
        new([new("x", new CborValue.Text(new string('y', bytes)))]);

    private static IEnumerable<ArtifactRole> Roles(int roles, int refs) =>
        Enumerable.Range(0, roles).Select(i => new ArtifactRole(
            $"r{i}", [.. Enumerable.Repeat(ArtifactRef.To(Samples.OtherArtifact), refs)]));
}
