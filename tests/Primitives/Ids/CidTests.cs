using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Ids;

public sealed class CidTests
{
    // The empty UnixFS directory, as every IPFS node spells it in both versions.
    [Fact]
    public void BothVersionsOfOneCidHoldOneMultihash()
    {
        Assert.True(Cid.TryParse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", out Cid? old));
        Assert.True(Cid.TryParse("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354", out Cid? cid));
        Assert.Equal(0, old.Version);
        Assert.Equal(1, cid.Version);
        Assert.Equal(Cid.CodecDagPb, old.Codec);
        Assert.Equal(Cid.CodecDagPb, cid.Codec);
        Assert.Equal(old.Multihash.ToArray(), cid.Multihash.ToArray());
        Assert.Equal("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", old.ToString());
        Assert.Equal("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354", cid.ToString());
        Assert.NotEqual(old, cid);
    }

    // multiformats/cid, the example of its human-readable form.
    [Fact]
    public void ExampleOfTheSpecificationIsTakenApart()
    {
        Assert.True(Cid.TryParse("zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA", out Cid? cid));
        Assert.Equal(Cid.CodecRaw, cid.Codec);
        Assert.Equal(Cid.HashSha256, cid.HashCode);
        Assert.Equal("6e6ff7950a36187a801613426e858dce686cd7d7e3c0fc42ee0330072d245c95", Hex.Encode(cid.Digest));
        Assert.Equal("zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA", cid.ToString(MultibaseKind.Base58));
    }

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("version 2", "02551e00")]
    [InlineData("version 0 in version 1 form", "00551e00")]
    [InlineData("version not minimal", "8100551e00")]
    [InlineData("digest longer than the input", "01551e20aa")]
    [InlineData("digest length of 2^62", "01551effffffffffffffff3f")]
    [InlineData("digest over the limit", "01551e8101")]
    [InlineData("byte behind", "01551e01aabb")]
    [InlineData("version 0 cut off", "1220aabb")]
    public void OtherBytesAreRefused(string label, string hex)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] bytes));
        Assert.False(Cid.TryFromBytes(bytes, out Cid? cid), label);
        Assert.Null(cid);
        Assert.False(Cid.IsWellFormed(bytes), label);
    }

    [Fact]
    public void EveryTruncationIsRefusedAndPrefixesAreMeasured()
    {
        byte[] bytes = Cid.Create(Cid.CodecDagCbor, Cid.HashBlake3, new SeededBytes(81).Bytes(32)).Bytes.ToArray();
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(Cid.TryFromBytes(bytes.AsSpan(0, length), out _));
        Assert.True(Cid.TryReadPrefix([.. bytes, 1, 2, 3], out Cid? cid, out int used));
        Assert.Equal(bytes.Length, used);
        Assert.Equal(bytes, cid.Bytes.ToArray());
    }

    [Fact]
    public void MutantsThatParseAreTheirOneSpelling()
    {
        SeededBytes random = new(82);
        int accepted = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] mutant = random.Mutated(Cid.Create(random.Next() >> 50, random.Next() >> 50, random.Bytes(8)).Bytes);
            bool parsed = Cid.TryFromBytes(mutant, out Cid? cid);
            Assert.Equal(parsed, Cid.IsWellFormed(mutant));
            if (cid is null)
                continue;
            accepted++;
            Assert.Equal(mutant, Cid.Create(cid.Codec, cid.HashCode, cid.Digest).Bytes.ToArray());
            foreach (MultibaseKind kind in Enum.GetValues<MultibaseKind>())
            {
                Assert.True(Cid.TryParse(cid.ToString(kind), out Cid? again));
                Assert.Equal(cid, again);
                Assert.Equal(cid.GetHashCode(), again.GetHashCode());
            }
        }

        Assert.True(accepted > 1_000, $"only {accepted} mutants were accepted");
    }

    [Fact]
    public void RandomTextIsRefusedOrComesBack()
    {
        const string Letters = "bzfQm1234567890abcdefxyz";
        SeededBytes random = new(83);
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Below(60)).Select(_ => Letters[random.Below(24)]));
            if (Cid.TryParse(text, out Cid? cid))
                Assert.Equal(text, cid.ToString((MultibaseKind)text[0]));
        }
    }
}
