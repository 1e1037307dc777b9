using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Omega.P2P.Federation;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Transport;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Node.Tests.Transport;

/// <summary>A node whose addresses change while links are up.</summary>
public sealed class MovingTests
{
    [Fact]
    public void PeersAreToldOfNewAddressesOverTheLinksThatAreUp()
    {
        var (heardHere, heardThere) = (new BlockingCollection<NetworkInput>(), new BlockingCollection<NetworkInput>());
        using var mover = Transport(heardHere);
        using var peer = Transport(heardThere);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        mover.Listen([socket]);
        peer.Carry(new NetworkEffect.Dial(new DialId(1), mover.Addresses[0].ToString(), null));
        Await<NetworkInput.LinkUp>(heardThere, _ => true);
        Await<NetworkInput.LinkUp>(heardHere, _ => true);
        Assert.True(Multiaddr.TryParse("/ip4/10.8.0.2/tcp/5311", out var moved, out _));
        mover.OnAddresses([moved]);
        Await<NetworkInput.AddressesLearned>(heardThere, l => l.Addresses.Contains("/ip4/10.8.0.2/tcp/5311"));
        Await<NetworkInput.ListenAddressesChanged>(heardHere, c => c.Addresses.Contains("/ip4/10.8.0.2/tcp/5311"));
    }

    private static TcpTransport Transport(BlockingCollection<NetworkInput> heard)
    {
        var seed = new byte[32];
        SystemRandom.Instance.Fill(seed);
        return new TcpTransport(Ed25519PrivateKey.FromSeed(seed), SystemRandom.Instance, heard.Add);
    }

    private static void Await<T>(BlockingCollection<NetworkInput> heard, Func<T, bool> isMeant)
        where T : NetworkInput
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (heard.Take(patience.Token) is not T input || !isMeant(input))
        {
        }
    }
}
