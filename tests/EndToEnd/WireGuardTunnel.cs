using System.Diagnostics;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>
/// Two network namespaces with a cable (a veth pair) between them and WireGuard over it: 10.78.0.1 and 10.78.0.2 are
/// the tunnel's addresses. Everything is gone after the test.
/// </summary>
internal sealed class WireGuardTunnel : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("omega-wg-").FullName;
    private readonly List<Process> _daemons = [];

    public WireGuardTunnel()
    {
        Ip("netns", "add", Left);
        Ip("netns", "add", Right);
        // Names of at most 15 bytes, which live in the namespaces only.
        Ip("link", "add", "cable", "netns", Left, "type", "veth", "peer", "name", "cable", "netns", Right);
        var keys = new[] { Left, Right }.ToDictionary(name => name, MakeKey);
        Raise(Left, "10.77.0.1", "10.78.0.1", keys[Left].File, keys[Right].Public, "10.78.0.2", "10.77.0.2");
        Raise(Right, "10.77.0.2", "10.78.0.2", keys[Right].File, keys[Left].Public, "10.78.0.1", "10.77.0.1");
    }

    public string Left { get; } = $"omega-l-{Environment.ProcessId}";

    public string Right { get; } = $"omega-r-{Environment.ProcessId}";

    /// <summary>Bytes that came out of the tunnel on the right.</summary>
    public long Received => long.Parse(OmegaProgram.RunProgram(
        "ip", ["netns", "exec", Right, "cat", $"/sys/class/net/{Device(Right)}/statistics/rx_bytes"])
        .Require(0).Output);

    /// <summary>Pulls the cable, or puts it back.</summary>
    public void Cable(bool isUp) => Ip("-n", Left, "link", "set", "cable", isUp ? "up" : "down");

    public void Dispose()
    {
        foreach (var daemon in _daemons)
        {
            daemon.Kill();
            daemon.WaitForExit();
            daemon.Dispose();
        }

        Ip("netns", "del", Left);
        Ip("netns", "del", Right);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Device(string side) => (side.Contains("-l-", StringComparison.Ordinal) ? "wgl" : "wgr")
        + Environment.ProcessId;

    private (string File, string Public) MakeKey(string name)
    {
        var secret = OmegaProgram.RunProgram("wg", ["genkey"]).Require(0).Output;
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, secret);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var key = OmegaProgram.RunProgram("wg", ["pubkey"], System.Text.Encoding.ASCII.GetBytes(secret));
        return (file, key.Require(0).Output.Trim());
    }

    private void Raise(
        string side, string cable, string tunnel, string keyFile, string peerKey, string peerTunnel, string peerCable)
    {
        var device = Device(side);
        Ip("-n", side, "addr", "add", cable + "/24", "dev", "cable");
        Ip("-n", side, "link", "set", "cable", "up");
        Ip("-n", side, "link", "set", "lo", "up");
        _daemons.Add(OmegaProgram.Spawn("ip", ["netns", "exec", side, "wireguard-go", "-f", device],
            new Dictionary<string, string?> { ["WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD"] = "1" }));
        var socket = $"/var/run/wireguard/{device}.sock";
        Assert.True(SpinWait.SpinUntil(() => File.Exists(socket), Patience), "wireguard-go did not start");
        OmegaProgram.RunProgram("ip",
        [
            "netns", "exec", side, "wg", "set", device, "listen-port", "51820", "private-key", keyFile, "peer", peerKey,
            "allowed-ips", peerTunnel + "/32", "endpoint", peerCable + ":51820",
        ]).Require(0);
        Ip("-n", side, "addr", "add", tunnel + "/24", "dev", device);
        Ip("-n", side, "link", "set", device, "mtu", "1420", "up");
    }

    private static void Ip(params string[] arguments) => OmegaProgram.RunProgram("ip", arguments).Require(0);
}
