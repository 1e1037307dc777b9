namespace Omega.P2P.Node.Tests;

/// <summary>A theory that gives files to other users, which only root may.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootTheoryAttribute : TheoryAttribute
{
    public RootTheoryAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "not root: cannot give files to another user";
    }
}
