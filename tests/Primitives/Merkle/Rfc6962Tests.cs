using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class Rfc6962Tests
{
    // The eight reference leaves of google/certificate-transparency (merkletree tests) and their published roots.
    private static readonly string[] ReferenceLeaves =
    [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ];

    private static readonly string[] ReferenceRoots =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void EmptyRootIsTheHashOfNothing() =>
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Rfc6962.EmptyRoot.ToString());

    [Theory]
    [InlineData("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData("4c313233343536", "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")]
    public void LeafHashIsThePublishedOne(string dataHex, string expected) =>
        Assert.Equal(expected, Rfc6962.LeafHash(Convert.FromHexString(dataHex)).ToString());

    [Fact]
    public void LongLeafIsHashedLikeAShortOne()
    {
        var data = new byte[5000];
        byte[] prefixed = [0, .. data];
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(prefixed)),
            Rfc6962.LeafHash(data).ToString());
    }

    [Fact]
    public void ReferenceLeavesGiveTheReferenceRoots()
    {
        var tree = new LogTree();
        for (var i = 0; i < ReferenceLeaves.Length; i++)
        {
            tree.Append(Rfc6962.LeafHash(Convert.FromHexString(ReferenceLeaves[i])));
            Assert.Equal(ReferenceRoots[i], tree.Root.ToString());
        }
    }
}
