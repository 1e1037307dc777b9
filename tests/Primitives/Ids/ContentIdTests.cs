using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Ids;

public sealed class ContentIdTests
{
    // BLAKE3 of nothing, from the official vectors.
    private const string EmptyHex = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

    [Fact]
    public void EverySpellingIsTheSameId()
    {
        ContentId id = ContentId.Of([]);
        Assert.Equal("b3:" + EmptyHex, id.ToString());
        Assert.StartsWith("bafkr4i", id.ToCid().ToString());
        foreach (string text in (string[])["b3:" + EmptyHex, "blake3:" + EmptyHex, id.ToCid().ToString()])
        {
            Assert.True(ContentId.TryParse(text, out ContentId parsed), text);
            Assert.Equal(id, parsed);
        }
    }
}
