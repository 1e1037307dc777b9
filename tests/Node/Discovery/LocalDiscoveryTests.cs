using System.Net;
using Omega.P2P.Node.Discovery;

namespace Omega.P2P.Node.Tests.Discovery;

public sealed class LocalDiscoveryTests
{
    private static readonly IPNetwork[] Networks =
        [IPNetwork.Parse("192.168.7.0/24"), IPNetwork.Parse("203.0.113.8/29")];

    [Theory]
    [InlineData("group, from anywhere: no router passes it on", "224.0.0.251", "198.51.100.1", true)]
    [InlineData("neighbour, private", "192.168.7.2", "192.168.7.99", true)]
    [InlineData("neighbour, public", "203.0.113.9", "203.0.113.14", true)]
    [InlineData("this machine", "127.0.0.1", "127.0.0.1", true)]
    [InlineData("far away", "203.0.113.9", "198.51.100.1", false)]
    [InlineData("private, but another network's", "192.168.7.2", "192.168.8.99", false)]
    [InlineData("other group", "224.0.0.252", "198.51.100.1", false)]
    public void PacketsOfOtherNetworksAreNotHeard(string label, string to, string from, bool isHeard)
    {
        Assert.NotEmpty(label);
        Assert.Equal(
            isHeard, LocalDiscovery.IsOfThisNetwork(IPAddress.Parse(to), IPAddress.Parse(from), Networks));
    }
}
