using System.Net;
using Omega.P2P.Node.Transport;

namespace Omega.P2P.Node.Tests.Transport;

public sealed class LinkPathTests
{
    [Theory]
    [InlineData("127.0.0.1", "lo", false, "loopback")]
    [InlineData("::1", "lo", false, "loopback")]
    [InlineData("192.168.1.7", "eth0", false, "lan")]
    [InlineData("172.31.0.1", "eth0", false, "lan")]
    [InlineData("172.32.0.1", "eth0", false, "internet")]
    [InlineData("fe80::1", "eth0", false, "lan")]
    [InlineData("fd00::1", "eth0", false, "lan")]
    [InlineData("2a01::1", "eth0", false, "internet")]
    [InlineData("100.64.0.1", "tailscale0", false, "tailscale")]
    [InlineData("fd7a:115c:a1e0::1", null, false, "tailscale")]
    [InlineData("100.100.0.1", "wt0", true, "netbird")]
    [InlineData("10.8.0.2", "wg0", true, "wireguard")]
    [InlineData("10.8.0.2", "home", true, "wireguard")]
    [InlineData("100.127.255.255", "eth0", false, "overlay")]
    [InlineData("100.128.0.0", "eth0", false, "internet")]
    [InlineData("::ffff:192.168.1.7", "eth0", false, "lan")]
    public void AddressAndInterfaceTellThePath(string address, string? by, bool isWireGuard, string expected) =>
        Assert.Equal(expected, LinkPath.Classify(IPAddress.Parse(address), by, isWireGuard));

    [Fact]
    public void LoopbackIsReachedByItsInterface() =>
        Assert.Equal(new LinkPath("loopback", "lo"), LinkPath.Of("/ip4/127.0.0.1/tcp/5311"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/dns4/example.org/tcp/1")]
    [InlineData("nonsense")]
    public void WhatNamesNoAddressHasNoPath(string? address) => Assert.Null(LinkPath.Of(address));
}
