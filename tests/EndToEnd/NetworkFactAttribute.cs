namespace Omega.P2P.EndToEnd.Tests;

/// <summary>A test that makes network namespaces and needs some programs. An account or a kernel that cannot is a
/// reason to skip; a missing program fails under <c>CI=true</c>.</summary>
public class NetworkFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Namespaces = new(FindReason);

    /// <param name="programs">Each a program and, after a colon, its package.</param>
    public NetworkFactAttribute(params string[] programs) =>
        Skip = Namespaces.Value ?? programs.Append("ip:iproute2").Select(Missing).FirstOrDefault(m => m is not null);

    private static string? Missing(string program)
    {
        var parts = program.Split(':');
        // Debian's usual PATH of an account lacks the folders of services.
        var isThere = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, parts[0])));
        return isThere || Environment.GetEnvironmentVariable("CI") == "true" ? null : $"{parts[1]} is not installed";
    }

    private static string? FindReason()
    {
        if (Environment.UserName != "root") return "only root makes network namespaces";
        var probe = $"omega-try-{Environment.ProcessId}";
        if (OmegaProgram.RunProgram("ip", ["netns", "add", probe]).Exit != 0) return "no network namespaces here";
        OmegaProgram.RunProgram("ip", ["netns", "del", probe]).Require(0);
        return null;
    }
}
