using System.Net;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Tests.Connection;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Multiaddrs;

public sealed class MultiaddrTests
{
    private const string Peer = "12D3KooWRBhwfeP2Y4TCx1SM6s9rUoHhR5STiGwxBhgFRcw3UERE";

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/9090", "047f000001062382")]
    [InlineData("/ip6/::1/tcp/4321", "29000000000000000000000000000000010610e1")]
    [InlineData("/ip6/2001:8a0:7ac5:4201:3ac9:86ff:fe31:7095/tcp/8000",
        "29200108a07ac542013ac986fffe317095061f40")]
    [InlineData("/dns4/example.org/tcp/1", "360b6578616d706c652e6f7267060001")]
    [InlineData("/dns/example.org", "350b6578616d706c652e6f7267")]
    [InlineData("/ip6/::ffff:1.2.3.4", "2900000000000000000000ffff01020304")]
    public void TextAndBinaryAreTheSameAddress(string text, string hex)
    {
        var address = Libp2pConnectionTests.Parse(text);
        Assert.Equal(hex, Convert.ToHexStringLower(address.AsSpan()));
        Assert.True(Multiaddr.TryDecode(Convert.FromHexString(hex), out var decoded, out _));
        Assert.Equal(address, decoded);
        Assert.Equal(text, decoded.ToString());
    }

    [Theory]
    [InlineData("", "slash")]
    [InlineData("/", "slash")]
    [InlineData("ip4/1.2.3.4", "slash")]
    [InlineData("/ip4", "slash")]
    [InlineData("/ip4/1.2.3.4/", "slash")]
    [InlineData("/ip4/1.2.3", "ip")]
    [InlineData("/ip4/01.2.3.4", "ip")]
    [InlineData("/ip4/::1", "ip")]
    [InlineData("/ip6/1.2.3.4", "ip")]
    [InlineData("/ip6/[::1]", "ip")]
    [InlineData("/ip6/fe80::1%eth0", "ip")]
    [InlineData("/ip6/0:0::1", "ip")]
    [InlineData("/ip4/1.2.3.4/tcp/65536", "port")]
    [InlineData("/ip4/1.2.3.4/tcp/01", "port")]
    [InlineData("/ip4/1.2.3.4/tcp/-1", "port")]
    [InlineData("/dns4/exa mple", "host")]
    [InlineData("/p2p/12D3", "peer")]
    [InlineData("/udp/1", "protocol")]
    [InlineData("/tcp/1/tcp/1/tcp/1/tcp/1/tcp/1/tcp/1/tcp/1/tcp/1/tcp/1", "too-many")]
    public void WrongTextIsRefusedWithAReason(string text, string code)
    {
        Assert.False(Multiaddr.TryParse(text, out var address, out var error));
        Assert.Null(address);
        Assert.Equal(code, error.Code);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("04", "truncated")]
    [InlineData("047f0000", "truncated")]
    [InlineData("36ff01", "truncated")]
    [InlineData("360400", "truncated")]
    [InlineData("360100", "host")]
    [InlineData("3600", "host")]
    [InlineData("a5030100", "peer")]
    [InlineData("910200", "protocol")]
    [InlineData("8600", "protocol")]
    [InlineData("ffffffffffffffffff", "protocol")]
    public void WrongBytesAreRefusedWithAReason(string hex, string code)
    {
        Assert.False(Multiaddr.TryDecode(Convert.FromHexString(hex), out _, out var error));
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void PeerComesOffAndOn()
    {
        var bare = Libp2pConnectionTests.Parse("/ip4/1.2.3.4/tcp/5311");
        var full = Libp2pConnectionTests.Parse("/ip4/1.2.3.4/tcp/5311/p2p/" + Peer);
        Assert.Null(bare.Peer);
        Assert.Equal(Peer, full.Peer?.ToString());
        Assert.Equal(bare, full.WithoutPeer());
        Assert.Equal(full, bare.WithPeer(full.Peer!.Value)); // asserted above
        Assert.Equal(full, full.WithPeer(full.Peer.Value));
    }

    [Fact]
    public void EndPointAndDialTargetAgree()
    {
        var address = Multiaddr.FromEndPoint(new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.1"), 80));
        Assert.Equal("/ip4/10.0.0.1/tcp/80", address.ToString());
        Assert.True(address.TryGetTcp(out var host, out var port));
        Assert.Equal(("10.0.0.1", 80), (host, port));
        Assert.False(Libp2pConnectionTests.Parse("/p2p/" + Peer).TryGetTcp(out _, out _));
        Assert.Equal(
            "/ip6/fe80::1/tcp/7", Multiaddr.FromEndPoint(new IPEndPoint(IPAddress.Parse("fe80::1%3"), 7)).ToString());
    }

    [Fact]
    public void AcceptedBytesReEncodeIdentically()
    {
        var good = Libp2pConnectionTests.Parse("/ip6/2001:db8::7/tcp/5311/p2p/" + Peer).AsSpan().ToArray();
        var accepted = 0;
        for (ulong seed = 0; seed < 5000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = (byte[])good.Clone();
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            if (Multiaddr.TryDecode(bytes, out var address, out _))
            {
                accepted++;
                Assert.Equal(bytes, Libp2pConnectionTests.Parse(address.ToString()).AsSpan().ToArray());
            }
        }

        Assert.InRange(accepted, 500, 5000);
    }
}
