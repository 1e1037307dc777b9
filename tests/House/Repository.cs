namespace Omega.P2P.House.Tests;

/// <summary>The checked-out tree that the rules are run against.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["bin", "obj", ".git", ".build", "node_modules", "TestResults"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to the root, with forward slashes, build output left out.</summary>
    public static IEnumerable<string> Files(params string[] endings) =>
        Walk(Root)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => endings.Length == 0 || endings.Any(e => path.EndsWith(e, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal);

    public static string[] Lines(string relative) => File.ReadAllLines(Path.Combine(Root, relative));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder)) yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (Skipped.Contains(Path.GetFileName(child))) continue;
            foreach (var file in Walk(child)) yield return file;
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !IsRoot(folder)) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Omega.P2P.sln is in no parent folder");
    }

    private static bool IsRoot(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "Omega.P2P.sln"));
}
