using System.Net;
using System.Net.Sockets;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Interop.Tests;

/// <summary>js-libp2p dials us and we dial js-libp2p: handshake, identify, ping and bulk echo both ways.</summary>
public sealed class JsLibp2pTests : IDisposable
{
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate(new SystemRandom());
    private readonly EchoProtocol _echo = new();
    private TcpPump? _pump;

    public void Dispose()
    {
        _pump?.Dispose();
        _key.Dispose();
    }

    [JsFact]
    public async Task WeDialJsAndBothIdentifyAndPing()
    {
        using var js = await JsPeer.StartAsync();
        _pump = await DialAsync(js, js.PeerId);
        var completed = await _pump.WaitAsync<ConnectionEvent.HandshakeCompleted>();
        Assert.Equal(js.PeerId, completed.Peer.ToString());
        var identified = await _pump.WaitAsync<ConnectionEvent.Identified>();
        Assert.Contains("js-libp2p", identified.Message.AgentVersion, StringComparison.Ordinal);
        Assert.Contains(EchoProtocol.Name, identified.Message.Protocols);
        await CheckPingsAndIdentity(js);
    }

    [JsFact]
    public async Task JsDialsUsAndBothIdentifyAndPing()
    {
        using var js = await JsPeer.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        _pump = await AcceptAsync(js, listener);
        var address = Multiaddr.FromEndPoint((IPEndPoint)listener.LocalEndpoint);
        Assert.Equal(js.PeerId, (await _pump.WaitAsync<ConnectionEvent.HandshakeCompleted>()).Peer.ToString());
        await _pump.WaitAsync<ConnectionEvent.Identified>();
        await CheckPingsAndIdentity(js);
        var known = await js.CallAsync("identity", _key.PublicKey.ToPeerId().ToString());
        Assert.Contains(
            address.ToString(), known.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()));
    }

    // 64 MiB each way over all streams; on each stream with OMEGA_FULL=1.
    [JsTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HundredStreamsCarrySixtyFourMebibytesEachWayAtOnce(bool weDial)
    {
        var whole = Environment.GetEnvironmentVariable("OMEGA_FULL") == "1";
        var size = whole ? 64 << 20 : (64 << 20) / 100;
        using var js = await JsPeer.StartAsync();
        _pump = await ConnectAsync(js, weDial);
        await _pump.WaitAsync<ConnectionEvent.Identified>();
        var ours = Task.WhenAll(Enumerable.Range(0, 100).Select(i => _echo.EchoAsync(_pump, size, (byte)i)));
        var theirs = js.CallAsync("echo", _key.PublicKey.ToPeerId().ToString(), 100, size);
        Assert.Equal(100L * size, (await ours.WaitAsync(TimeSpan.FromMinutes(whole ? 10 : 1))).Sum());
        Assert.Equal(100L * size, (await theirs).GetInt64());
    }

    [JsTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IdentifyIsPushedBothWays(bool weDial)
    {
        using var js = await JsPeer.StartAsync();
        _pump = await ConnectAsync(js, weDial);
        await _pump.WaitAsync<ConnectionEvent.Identified>();
        await js.CallAsync("handle", "/omega-test/later/1");
        await _pump.WaitAsync<ConnectionEvent.Identified>(
            told => told.Message.Protocols.Contains("/omega-test/later/1"));
        Assert.True(Multiaddr.TryParse("/ip4/127.0.0.1/tcp/4242", out var moved, out _));
        Assert.True(_pump.Do(connection => connection.PushIdentity([moved], TcpPump.Now)));
        var us = _key.PublicKey.ToPeerId().ToString();
        for (var i = 0; i < 100; i++)
        {
            var known = (await js.CallAsync("identity", us)).GetProperty("addresses").EnumerateArray()
                .Select(a => a.GetString());
            if (known.Any(a => a is not null && a.StartsWith(moved.ToString(), StringComparison.Ordinal))) return;
            await Task.Delay(100);
        }

        Assert.Fail("the pushed address did not arrive");
    }

    [JsFact]
    public async Task OneLargeStreamEachWayPassesItsWindowsManyTimes()
    {
        using var js = await JsPeer.StartAsync();
        _pump = await DialAsync(js, js.PeerId);
        await _pump.WaitAsync<ConnectionEvent.Identified>();
        Assert.Equal(16 << 20, await _echo.EchoAsync(_pump, 16 << 20, 7).WaitAsync(TimeSpan.FromSeconds(60)));
        var theirs = await js.CallAsync("echo", _key.PublicKey.ToPeerId().ToString(), 1, 16 << 20);
        Assert.Equal(16 << 20, theirs.GetInt64());
    }

    [JsFact]
    public async Task AnotherPeerThanDialledIsRefusedByName()
    {
        using var js = await JsPeer.StartAsync();
        var stranger = Ed25519PrivateKey.Generate(new SystemRandom()).PublicKey.ToPeerId();
        _pump = await DialAsync(js, stranger.ToString());
        Assert.Equal(
            new ConnectionEvent.Closed(CloseReason.NoiseRefused, "WrongPeer"),
            await _pump.WaitAsync<ConnectionEvent.Closed>());
    }

    [JsFact]
    public async Task UnknownProtocolIsRefusedByJsAndTheConnectionLives()
    {
        using var js = await JsPeer.StartAsync();
        _pump = await DialAsync(js, js.PeerId);
        await _pump.WaitAsync<ConnectionEvent.HandshakeCompleted>();
        var id = _pump.Do(connection =>
        {
            connection.OpenStream(["/nobody/speaks/this"], TcpPump.Now, out var opened);
            return opened;
        });
        var failed = await _pump.WaitAsync<ConnectionEvent.OutboundStreamFailed>(told => told.Stream == id);
        Assert.Equal(OutboundFailure.ProtocolNotSupported, failed.Failure);
        Assert.Equal(1000, await _echo.EchoAsync(_pump, 1000, 3).WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [JsFact]
    public async Task HangUpOfJsClosesOurConnection()
    {
        using var js = await JsPeer.StartAsync();
        _pump = await DialAsync(js, js.PeerId);
        await _pump.WaitAsync<ConnectionEvent.Identified>();
        await js.CallAsync("hangUp", _key.PublicKey.ToPeerId().ToString());
        Assert.Equal(CloseReason.Remote, (await _pump.WaitAsync<ConnectionEvent.Closed>()).Reason);
    }

    private async Task CheckPingsAndIdentity(JsPeer js)
    {
        Assert.True(_pump!.Do(connection => connection.Ping(TcpPump.Now))); // set by the test
        var pong = await _pump.WaitAsync<ConnectionEvent.PingCompleted>();
        Assert.InRange(pong.RoundTripMs, 0, 5000);
        var us = _key.PublicKey.ToPeerId().ToString();
        Assert.InRange((await js.CallAsync("ping", us)).GetDouble(), 0, 5000);
        Assert.Equal("/yamux/1.0.0", (await js.CallAsync("muxer", us)).GetString());
        var known = await js.CallAsync("identity", us);
        Assert.Equal("omega/0.1.0", known.GetProperty("agent").GetString());
        Assert.Contains(
            EchoProtocol.Name, known.GetProperty("protocols").EnumerateArray().Select(p => p.GetString()));
    }

    private ConnectionSettings Settings(ConnectionRole role) => new()
    {
        Role = role,
        Key = _key,
        Random = new SystemRandom(),
        Protocols = [EchoProtocol.Name],
    };

    private async Task<TcpPump> ConnectAsync(JsPeer js, bool weDial)
    {
        if (weDial) return await DialAsync(js, js.PeerId);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        return await AcceptAsync(js, listener);
    }

    /// <summary>js-libp2p dials us.</summary>
    private async Task<TcpPump> AcceptAsync(JsPeer js, TcpListener listener)
    {
        listener.Start();
        var address = Multiaddr.FromEndPoint((IPEndPoint)listener.LocalEndpoint);
        var dialled = js.CallAsync("dial", address.WithPeer(_key.PublicKey.ToPeerId()).ToString());
        var settings = Settings(ConnectionRole.Listener) with { ListenAddresses = [address] };
        var pump = new TcpPump(await listener.AcceptSocketAsync(), settings, _echo.OnEvent);
        Assert.Equal(_key.PublicKey.ToPeerId().ToString(), (await dialled).GetString());
        return pump;
    }

    private async Task<TcpPump> DialAsync(JsPeer js, string expected)
    {
        var addresses = await js.CallAsync("addresses");
        Assert.True(Multiaddr.TryParse(addresses[0].GetString()!, out var address, out _)); // an array of strings
        Assert.True(address.TryGetTcp(out var host, out var port));
        Assert.True(PeerId.TryParse(expected, out var peer));
        var settings = Settings(ConnectionRole.Dialer) with { ExpectedPeer = peer };
        return await TcpPump.DialAsync(new IPEndPoint(IPAddress.Parse(host), port), settings, _echo.OnEvent);
    }
}
