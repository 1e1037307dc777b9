using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Notes;

namespace Omega.P2P.Primitives.Tests.Notes;

public sealed class CheckpointTests
{
    private const string Root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    private static readonly string Domain = new('a', 64);

    [Fact]
    public void ExampleOfTheSpecificationIsRead()
    {
        var text = $"example.com/behind-the-sofa\n20852163\n{Root}\n";
        Assert.True(Checkpoint.TryParse(text, out var checkpoint, out _));
        Assert.Equal("example.com/behind-the-sofa", checkpoint.Origin);
        Assert.Equal(20852163, checkpoint.Size);
        Assert.Equal("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62", checkpoint.Root.ToString());
        Assert.Empty(checkpoint.Extensions);
        Assert.Equal(text, checkpoint.ToText());
    }

    [Fact]
    public void ExtensionLinesAreKept()
    {
        var text = $"o\n0\n{Root}\nfirst\nsecond\n";
        Assert.True(Checkpoint.TryParse(text, out var checkpoint, out _));
        Assert.Equal(["first", "second"], checkpoint.Extensions);
        Assert.Equal(text, checkpoint.ToText());
    }

    [Theory]
    [InlineData("no final newline", "o\n1\n" + Root, "checkpoint-lines")]
    [InlineData("two lines", "o\n1\n", "checkpoint-lines")]
    [InlineData("empty", "", "checkpoint-lines")]
    [InlineData("empty origin", "\n1\n" + Root + "\n", "checkpoint-lines")]
    [InlineData("empty extension", "o\n1\n" + Root + "\n\n", "checkpoint-lines")]
    [InlineData("leading zero", "o\n01\n" + Root + "\n", "checkpoint-size")]
    [InlineData("sign", "o\n+1\n" + Root + "\n", "checkpoint-size")]
    [InlineData("negative", "o\n-1\n" + Root + "\n", "checkpoint-size")]
    [InlineData("space", "o\n1 \n" + Root + "\n", "checkpoint-size")]
    [InlineData("hex", "o\n0x1\n" + Root + "\n", "checkpoint-size")]
    [InlineData("2^63", "o\n9223372036854775808\n" + Root + "\n", "checkpoint-size")]
    [InlineData("other digits", "o\n\u0661\n" + Root + "\n", "checkpoint-size")]
    [InlineData("short root", "o\n1\nCsUYapGGPo4=\n", "checkpoint-root")]
    [InlineData("no padding", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n", "checkpoint-root")]
    [InlineData("stray bits", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "checkpoint-root")]
    public void CheckpointOutOfFormIsRefused(string label, string text, string code)
    {
        Assert.False(Checkpoint.TryParse(text, out _, out var error), label);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void TooManyExtensionLinesAreRefused()
    {
        var most = string.Concat(Enumerable.Repeat("x\n", Checkpoint.ExtensionCountMax));
        Assert.True(Checkpoint.TryParse($"o\n1\n{Root}\n{most}", out _, out _));
        Assert.False(Checkpoint.TryParse($"o\n1\n{Root}\n{most}x\n", out _, out _));
        Assert.False(Checkpoint.TryParse($"o\n1\n{Root}\n{most}x\ny\n", out _, out _));
    }

    [Fact]
    public void LargestSizeIsRead()
    {
        Assert.True(Checkpoint.TryParse($"o\n{long.MaxValue}\n{Root}\n", out var checkpoint, out _));
        Assert.Equal(long.MaxValue, checkpoint.Size);
    }

    [Fact]
    public void OriginNamesDomainAndEpoch()
    {
        Assert.True(Hash256.TryParseHex(Domain, out var hash));
        var origin = new LogOrigin(DomainId.From(hash), 7);
        Assert.Equal($"omega/{Domain}/7", origin.ToString());
        Assert.True(LogOrigin.TryParse(origin.ToString(), out var read));
        Assert.Equal(origin, read);
    }

    [Theory]
    [InlineData("omega/{0}/07")]
    [InlineData("omega/{0}/")]
    [InlineData("omega/{0}")]
    [InlineData("omega/{0}/-1")]
    [InlineData("omega/{0}/1/2")]
    [InlineData("omega/{0}0/1")]
    [InlineData("Omega/{0}/1")]
    [InlineData("omega/{1}/1")]
    [InlineData("omega/{2}/1")]
    [InlineData("omega/{0}/9223372036854775808")]
    [InlineData("")]
    public void OtherSpellingsOfAnOriginAreRefused(string format) =>
        Assert.False(LogOrigin.TryParse(
            string.Format(format, Domain, Domain.ToUpperInvariant(), new string('0', 64)), out _));
}
