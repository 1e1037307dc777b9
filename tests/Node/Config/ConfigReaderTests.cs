using Omega.P2P.Node.Config;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Tests.Config;

public sealed class ConfigReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithoutAFileEveryDefaultStands()
    {
        var config = ConfigReader.Load(_folder["omega.toml"], _ => null);
        Assert.Equal(new NodeConfig(), config);
        Assert.Equal(1, config.EvictHolders);
        Assert.Null(config.WitnessListen);
    }

    [Fact]
    public void VariablesOverrideTheFile()
    {
        Write("name = 'a.b'\n[evict]\nholders = 3\n[quota]\nbytes = '4 GiB'\nfiles = 7\n");
        var config = ConfigReader.Load(_folder["omega.toml"], v => v switch
        {
            "OMEGA_EVICT_HOLDERS" => "2",
            "OMEGA_LISTEN" => "/ip4/1.2.3.4/tcp/1, /ip4/1.2.3.4/tcp/2",
            _ => null,
        });
        Assert.Equal("a.b", config.Name);
        Assert.Equal(2, config.EvictHolders);
        Assert.Equal(4L << 30, config.QuotaBytes);
        Assert.Equal(7, config.QuotaFiles);
        Assert.Equal(["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2"], config.Listen!);
    }

    [Theory]
    [InlineData("evict.holder = 1", "evict.holder", "evict.holders is one")]
    [InlineData("zzzzzzzzzzz = 1", "zzzzzzzzzzz", "known keys")]
    [InlineData("evict.holders = 0", "evict.holders", null)]
    [InlineData("evict.holders = \"two\"", "evict.holders", null)]
    [InlineData("discovery = 1", "discovery", null)]
    [InlineData("quota.bytes = \"4 parsecs\"", "quota.bytes", null)]
    [InlineData("quota.bytes = -1", "quota.bytes", null)]
    [InlineData("index.memory = 5", "index.memory", null)]
    [InlineData("listen = 5", "listen", null)]
    [InlineData("name = [", "name", null)]
    public void AnImpossibleKeyStopsTheStartAndIsNamed(string text, string field, string? hint)
    {
        Write(text);
        var failure = Assert.Throws<OmegaException>(() => ConfigReader.Load(_folder["omega.toml"], _ => null));
        Assert.Equal(ExitCode.Usage, failure.Exit);
        Assert.Equal("bad_config", failure.Code);
        Assert.Equal(field, failure.Field);
        Assert.Contains("line 1", failure.Message, StringComparison.Ordinal);
        if (hint is not null) Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void ABadVariableIsNamed()
    {
        var failure = Assert.Throws<OmegaException>(() =>
            ConfigReader.Load(_folder["omega.toml"], v => v == "OMEGA_EVICT_HOLDERS" ? "many" : null));
        Assert.Equal("OMEGA_EVICT_HOLDERS", failure.Field);
    }

    [Theory]
    [InlineData("1024", 1024)]
    [InlineData("1.5K", 1536)]
    [InlineData("2 MiB", 2L << 20)]
    [InlineData("500MB", 500_000_000)]
    [InlineData("1 tib", 1L << 40)]
    public void ByteCountsReadAsPeopleWriteThem(string text, long bytes)
    {
        Assert.True(ByteCount.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1")]
    [InlineData("1 XB")]
    [InlineData("99999999999 TiB")]
    [InlineData("1.2.3")]
    public void OtherTextIsNoByteCount(string text) => Assert.False(ByteCount.TryParse(text, out _));

    private void Write(string text) => File.WriteAllText(_folder["omega.toml"], text);
}
