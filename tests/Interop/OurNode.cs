using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Config;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Service;
using Omega.P2P.Node.Transport;

namespace Omega.P2P.Interop.Tests;

/// <summary>A node of ours as <c>omega up</c> runs it, in this process: real sockets, a real disk.</summary>
internal sealed class OurNode : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("omega-interop-").FullName;
    private TcpTransport? _network;
    private LocalNode? _node;

    public OurNode() => Start();

    public LocalNode Service => _node ?? throw new InvalidOperationException("the node is down");

    public string Address { get; private set; } = "";

    public static byte[] Content(string seed, int size)
    {
        var bytes = new byte[size];
        for (var (at, i) = (0, 0); at < size; at += 32, i++)
        {
            var block = SHA256.HashData(Encoding.ASCII.GetBytes($"{seed}/{i}"));
            block.AsSpan(0, Math.Min(32, size - at)).CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }

    public PutAnswer Put(byte[] content, string? audience) => Service.Put(
        new PutOrder("file", "personal", [], audience), new MemoryStream(content), CancellationToken.None);

    public void Stop()
    {
        _network?.Dispose();
        _node?.Dispose();
        (_network, _node) = (null, null);
    }

    public void Start()
    {
        var home = OmegaHome.Of(Path.Combine(_folder, "home"), _ => null);
        var setup = DomainSetup.Ensure(home, "alice.personal");
        _node = LocalNode.Open(
            home, ConfigReader.Load(home.ConfigFile, _ => null),
            (keys, loop) => _network = new TcpTransport(
                keys.Node, Omega.P2P.Node.Keys.SystemRandom.Instance, loop.Tell));
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        _network!.Listen([socket]); // made by Open
        Address = $"/ip4/127.0.0.1/tcp/{((IPEndPoint)socket.LocalEndPoint!).Port}/p2p/{setup.Peer}";
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(_folder, recursive: true);
    }
}
