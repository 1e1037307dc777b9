namespace Omega.P2P.Primitives.Tests.Hashing;

/// <summary>Finds checked-in files: vectors and generated sources.</summary>
internal static class RepositoryFolder
{
    public static string Path(params string[] parts)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Omega.P2P.sln")))
        {
            folder = folder.Parent;
        }

        return folder is null
            ? throw new InvalidOperationException("The tests do not run inside the repository.")
            : System.IO.Path.Combine([folder.FullName, .. parts]);
    }
}
