using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Multicast DNS between daemons that listen on loopback only, and so speak there only.</summary>
public sealed class DiscoveryTests
{
    // 12 bytes of header, the service's name of 17, type and class: then the time to live of the first answer.
    private const int TtlOffset = 12 + 17 + 4;

    [MulticastFact]
    public void FriendsThatBothMovedFindEachOtherAndStrangersStayStrangers()
    {
        using var alice = new TestHome("alice") { Discovers = true }.Init();
        using var bob = new TestHome("bob") { Discovers = true }.Init();
        using var carol = new TestHome("carol") { Discovers = true }.Init();
        alice.Up();
        bob.Up();
        bob.Join(alice);
        Assert.Equal(0, alice.Stop());
        Assert.Equal(0, bob.Stop());
        carol.Up();
        // Both get other ports: what each knows of the other is stale, only the network can tell.
        alice.Up();
        bob.Up();
        TestHome.Until(
            () => alice.Json("peer", "ls"),
            r => r.Exit == 0 && r.Objects.Any(o => o.GetProperty("connected").GetBoolean()));
        Assert.Single(alice.Json("peer", "ls").Objects);
        Assert.Empty(carol.Json("peer", "ls").Objects);
        Assert.DoesNotContain("discovery", alice.Log, StringComparison.Ordinal);
    }

    [MulticastFact]
    public void ANodeIsQuietWhenAloneAndSaysGoodbye()
    {
        using var socket = MulticastFactAttribute.Listen();
        var heard = new ConcurrentQueue<byte[]>();
        _ = Task.Run(() => Hear(socket, heard));
        using var alice = new TestHome("alice") { Discovers = true }.Init().Up();
        var peer = alice.Ready.Text("peer");
        byte[][] Answers() => [.. heard.Where(p => IsResponse(p) && Contains(p, peer))];
        TestHome.Until(Answers, a => a.Length > 0);
        System.Threading.Thread.Sleep(4000); // its second and third question, which it must not answer itself
        Assert.Equal(2, Answers().Length); // announced twice, a second apart
        Assert.Equal(0, alice.Stop());
        var said = TestHome.Until(Answers, a => a.Length > 2);
        Assert.Equal([120u, 120u, 0u], said.Select(Ttl));
    }

    private static void Hear(Socket socket, ConcurrentQueue<byte[]> heard)
    {
        var buffer = new byte[9000];
        try
        {
            while (true) heard.Enqueue(buffer[..socket.Receive(buffer)]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // the test is over
        }
    }

    private static bool IsResponse(byte[] packet) => packet.Length > TtlOffset + 4 && (packet[2] & 0x80) != 0;

    private static bool Contains(byte[] packet, string text) =>
        packet.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(text)) >= 0;

    private static uint Ttl(byte[] packet) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(TtlOffset));
}
