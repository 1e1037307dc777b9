using System.Text;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Tests.Home;

public sealed class OmegaHomeTests
{
    [Theory]
    [InlineData("/flag", "/env", "/xdg", "/home/u", "/flag")]
    [InlineData(null, "/env", "/xdg", "/home/u", "/env")]
    [InlineData(null, "", "/xdg", "/home/u", "/xdg/omega")]
    [InlineData(null, null, "relative", "/home/u", "/home/u/.local/share/omega")]
    [InlineData("/flag/", null, null, null, "/flag")]
    public void TheFirstOfFlagVariableAndDefaultCounts(
        string? flag, string? env, string? xdg, string? user, string root)
    {
        var home = OmegaHome.Of(flag, v => v switch
        {
            "OMEGA_HOME" => env,
            "XDG_DATA_HOME" => xdg,
            "HOME" => user,
            _ => null,
        });
        Assert.Equal(root, home.Root);
        Assert.Equal(root + "/omega.sock", home.Socket);
    }

    [Fact]
    public void ALongHomeKeepsItsSocketInTheRuntimeFolder()
    {
        var root = "/" + new string('h', 100);
        var home = OmegaHome.Of(root, v => v == "XDG_RUNTIME_DIR" ? "/run/user/1000" : null);
        Assert.StartsWith("/run/user/1000/omega-", home.Socket, StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(home.Socket) <= 100);
        var other = OmegaHome.Of(root + "x", v => v == "XDG_RUNTIME_DIR" ? "/run/user/1000" : null);
        Assert.NotEqual(home.Socket, other.Socket);
    }

    [Fact]
    public void AHomeWithoutADomainIsNoStore()
    {
        using var folder = new TemporaryFolder();
        var home = OmegaHome.Of(folder.Path, _ => null);
        Assert.Null(home.DomainName());
        Assert.Equal(ExitCode.NoStore, Assert.Throws<OmegaException>(home.RequireDomainName).Exit);
        Directory.CreateDirectory(home.Domain("alice.personal"));
        Assert.Equal("alice.personal", home.RequireDomainName());
        Directory.CreateDirectory(home.Domain("bob.personal"));
        Assert.Equal("several_domains", Assert.Throws<OmegaException>(home.DomainName).Code);
    }

    [Theory]
    [InlineData("alice.personal", true)]
    [InlineData("a", true)]
    [InlineData("a-b.c9", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a..b", false)]
    [InlineData("A.b", false)]
    [InlineData("-a", false)]
    [InlineData("a/b", false)]
    [InlineData("é", false)]
    public void DomainNamesAreSafeAsFolders(string name, bool good) => Assert.Equal(good, Names.IsDomainName(name));

    [Theory]
    [InlineData("alice", "alice.personal")]
    [InlineData("Bob Smith", "bob-smith.personal")]
    [InlineData("", "my.personal")]
    [InlineData("é", "my.personal")]
    public void EveryUserHasADefaultName(string user, string name)
    {
        Assert.Equal(name, Names.DefaultDomainName(user));
        Assert.True(Names.IsDomainName(Names.DefaultDomainName(user)));
    }
}
