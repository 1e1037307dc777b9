using System.Net;
using System.Net.Sockets;
using Omega.P2P.Node.Transport;

namespace Omega.P2P.Node.Tests.Transport;

public sealed class ListenAddressTests
{
    [Fact]
    public void ByDefaultBothFamiliesListenOnOnePort()
    {
        var notices = new List<string>();
        var first = ListenAddress.Bind(null, notices.Add);
        var second = ListenAddress.Bind(null, notices.Add); // 5311 is taken now, by us if by nobody else
        try
        {
            Assert.NotEmpty(notices);
            foreach (var sockets in new[] { first, second })
            {
                Assert.Single(sockets.Select(s => ((IPEndPoint)s.LocalEndPoint!).Port).Distinct()); // bound
                Assert.Equal(AddressFamily.InterNetwork, sockets[0].AddressFamily);
                Assert.Equal(Socket.OSSupportsIPv6 ? 2 : 1, sockets.Count);
            }
        }
        finally
        {
            foreach (var socket in first.Concat(second)) socket.Dispose();
        }
    }
}
