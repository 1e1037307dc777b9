namespace Omega.P2P.EndToEnd.Tests;

/// <summary>A test on a small file system of its own. An account or a machine that may not mount one is a reason to
/// skip.</summary>
public sealed class SmallDiskTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public SmallDiskTheoryAttribute() => Skip = Reason.Value;

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux()) return "only Linux mounts a tmpfs";
        if (!Environment.IsPrivilegedProcess) return "only root mounts file systems";
        var probe = Directory.CreateTempSubdirectory("omega-probe-").FullName;
        try
        {
            if (OmegaProgram.RunProgram("mount", ["-t", "tmpfs", "-o", "size=1m", "omega", probe]).Exit != 0)
                return "no file system can be mounted here";
            OmegaProgram.RunProgram("umount", [probe]).Require(0);
            return null;
        }
        finally
        {
            Directory.Delete(probe);
        }
    }
}
