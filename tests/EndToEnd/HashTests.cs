namespace Omega.P2P.EndToEnd.Tests;

/// <summary>`omega hash` beside b3sum.</summary>
public sealed class HashTests : IDisposable
{
    private readonly TestHome _home = new("hasher");

    public static TheoryData<int> Sizes =>
    [
        0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 3072, 16384, 16385, 65536, 102400, 1048577, 4194304, 33554433,
    ];

    public void Dispose() => _home.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void PrintsWhatB3SumPrints(int size)
    {
        var file = _home.Write("a file Ω", Sample.Bytes(size));
        var expected = OmegaProgram.RunProgram("b3sum", [file]).Require(0).Output;
        Assert.Equal(expected, OmegaProgram.Run(["hash", file]).Require(0).Output);
        Assert.Equal(expected, OmegaProgram.Run(["hash", "--threads", "1", file]).Require(0).Output);
        Assert.Equal(expected, OmegaProgram.Run(["hash", "--no-mmap", file]).Require(0).Output);
        var piped = OmegaProgram.Run(["hash", "-"], File.ReadAllBytes(file)).Require(0).Output;
        Assert.Equal(expected[..64] + "  -\n", piped);
    }

    [Fact]
    public void SeveralFilesAndOddNamesPrintAsB3SumDoes()
    {
        string[] files = [_home.Write("back\\slash", [1]), _home.Write("new\nline", [2]), _home.Write("plain", [3])];
        var expected = OmegaProgram.RunProgram("b3sum", files).Require(0).Output;
        Assert.Equal(expected, OmegaProgram.Run(["hash", .. files]).Require(0).Output);
    }

    [Fact]
    public void OneMissingFileFailsButTheOthersAreHashed()
    {
        var ended = OmegaProgram.Run(["hash", "--json", _home["absent"], _home.Write("there", [1])]).Require(5);
        Assert.Equal(_home["there"], ended.Object.Text("path"));
        Assert.Equal("no_such_file", ended.Failure.Text("code"));
    }

    [Fact]
    public void TheJsonLineHasTheFieldsOfTheContract()
    {
        var line = OmegaProgram.Run(["hash", "--json", "--threads", "2", _home.Write("f", Sample.Bytes(5000))]).Object;
        Assert.Equal(["bytes", "hash", "kernel", "path", "seconds", "threads"],
            line.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(5000, line.GetProperty("bytes").GetInt64());
        Assert.Contains(line.Text("kernel"), (string[])["avx512", "avx2", "v128", "scalar"]);
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "avx2|v128|scalar")]
    [InlineData("DOTNET_EnableAVX2", "v128|scalar")]
    [InlineData("DOTNET_EnableHWIntrinsic", "scalar")]
    public void EveryKernelGivesTheSameHash(string variable, string kernels)
    {
        var file = _home.Write("f", Sample.Bytes(1_234_567));
        var environment = new Dictionary<string, string?> { [variable] = "0" };
        var line = OmegaProgram.Run(["hash", "--json", file], environment: environment).Require(0).Object;
        Assert.Contains(line.Text("kernel"), kernels.Split('|'));
        Assert.Equal(OmegaProgram.RunProgram("b3sum", ["--no-names", file]).Output.Trim(),
            line.Text("hash"));
    }
}
