namespace Omega.P2P.EndToEnd.Tests;

/// <summary>A test that makes network namespaces and tunnels. A kernel or account that cannot is a reason to skip; a
/// missing program fails under <c>CI=true</c>.</summary>
public sealed class WireGuardFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public WireGuardFactAttribute() => Skip = Reason.Value;

    private static string? FindReason()
    {
        if (!File.Exists("/dev/net/tun")) return "/dev/net/tun is missing";
        if (Environment.UserName != "root") return "only root makes network namespaces";
        foreach (var (program, package) in new[]
            {
                ("wireguard-go", "wireguard-go"), ("wg", "wireguard-tools"), ("ip", "iproute2"),
            })
        {
            var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Any(folder => File.Exists(Path.Combine(folder, program)));
            if (!isThere && Environment.GetEnvironmentVariable("CI") != "true") return $"{package} is not installed";
        }

        var probe = $"omega-probe-{Environment.ProcessId}";
        if (OmegaProgram.RunProgram("ip", ["netns", "add", probe]).Exit != 0) return "no network namespaces here";
        OmegaProgram.RunProgram("ip", ["netns", "del", probe]).Require(0);
        return null;
    }
}
