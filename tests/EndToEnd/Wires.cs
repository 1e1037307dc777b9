namespace Omega.P2P.EndToEnd.Tests;

/// <summary>
/// Three network namespaces: one in the middle with two cables (veth pairs), one to each of the others. Multicast that
/// goes over one cable is not heard on the other. Everything is gone after the test.
/// </summary>
internal sealed class Wires : IDisposable
{
    public Wires()
    {
        foreach (var name in new[] { Middle, Left, Right })
        {
            Ip("netns", "add", name);
            Ip("-n", name, "link", "set", "lo", "up");
        }

        Lay("left", Left, "10.79.1");
        Lay("right", Right, "10.79.2");
    }

    public string Middle { get; } = $"omega-m-{Environment.ProcessId}";

    public string Left { get; } = $"omega-ml-{Environment.ProcessId}";

    public string Right { get; } = $"omega-mr-{Environment.ProcessId}";

    /// <summary>Runs a program inside one of them.</summary>
    public static Ended Run(string network, params string[] program) =>
        OmegaProgram.RunProgram("ip", ["netns", "exec", network, .. program]);

    public void Dispose()
    {
        foreach (var name in new[] { Middle, Left, Right }) Ip("netns", "del", name);
    }

    private void Lay(string cable, string end, string network)
    {
        Ip("link", "add", cable, "netns", Middle, "type", "veth", "peer", "name", "cable", "netns", end);
        foreach (var (side, device, host) in new[] { (Middle, cable, 1), (end, "cable", 2) })
        {
            Ip("-n", side, "addr", "add", $"{network}.{host}/24", "dev", device);
            Ip("-n", side, "link", "set", device, "up");
        }

        // What sends to the group without saying where needs a route.
        Ip("-n", end, "route", "add", "224.0.0.0/4", "dev", "cable");
    }

    private static void Ip(params string[] arguments) => OmegaProgram.RunProgram("ip", arguments).Require(0);
}
