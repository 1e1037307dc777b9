using System.Net;
using System.Net.Sockets;
using Omega.P2P.Node.Transport;

namespace Omega.P2P.Node.Tests.Transport;

/// <summary>Names with several addresses, over real sockets on loopback.</summary>
public sealed class HappyEyeballsTests
{
    [Fact]
    public async Task AddressThatRefusesIsFollowedByTheNext()
    {
        using var listener = Listen(IPAddress.Loopback);
        var refusing = new IPEndPoint(IPAddress.Loopback, FreePort());
        using var socket = await HappyEyeballs.RaceAsync([refusing, EndPointOf(listener)], CancellationToken.None);
        Assert.Equal(EndPointOf(listener), socket.RemoteEndPoint);
    }

    [Fact]
    public async Task AddressThatIsSilentDoesNotHoldTheOthersUp()
    {
        // A listener whose backlog is full answers nothing.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen(0);
        var fill = new List<Socket>();
        for (var i = 0; i < 8; i++)
        {
            fill.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            _ = fill[^1].ConnectAsync(EndPointOf(silent));
        }

        using var listener = Listen(IPAddress.Loopback);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var socket = await HappyEyeballs.RaceAsync([EndPointOf(silent), EndPointOf(listener)], patience.Token);
        Assert.Equal(EndPointOf(listener), socket.RemoteEndPoint);
        foreach (var one in fill) one.Dispose();
    }

    [Fact]
    public async Task WhenNoneTakesItTheReasonIsTold()
    {
        IPEndPoint[] refusing = [new(IPAddress.Loopback, FreePort()), new(IPAddress.Loopback, FreePort())];
        var failure = await Assert.ThrowsAsync<SocketException>(
            () => HappyEyeballs.RaceAsync(refusing, CancellationToken.None));
        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
        await Assert.ThrowsAsync<SocketException>(() => HappyEyeballs.RaceAsync([], CancellationToken.None));
    }

    [Fact]
    public async Task NameLeadsToWhicheverOfItsAddressesListens()
    {
        foreach (var ip in await Dns.GetHostAddressesAsync("localhost"))
        {
            using var listener = Listen(ip);
            using var socket = await HappyEyeballs.ConnectAsync(
                "localhost", null, EndPointOf(listener).Port, CancellationToken.None);
            Assert.True(socket.Connected);
        }
    }

    [Fact]
    public async Task GivingUpClosesWhatWasUnderWay()
    {
        using var given = new CancellationTokenSource();
        using var listener = Listen(IPAddress.Loopback);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => HappyEyeballs.RaceAsync([EndPointOf(listener)], given.Token));
    }

    private static Socket Listen(IPAddress ip)
    {
        var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(ip, 0));
        socket.Listen();
        return socket;
    }

    private static IPEndPoint EndPointOf(Socket socket) => (IPEndPoint)socket.LocalEndPoint!; // bound

    private static int FreePort()
    {
        using var socket = Listen(IPAddress.Loopback);
        return EndPointOf(socket).Port;
    }
}
