using System.IO.Enumeration;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;

namespace Omega.P2P.Node.Packages;

/// <summary>One thing of a tree.</summary>
/// <param name="Path">Relative, `/` between names.</param>
/// <param name="Stat">What it was when it was looked at.</param>
internal sealed record TreeEntry(string Path, Stat Stat);

/// <summary>All that a folder holds: files and folders with what the kernel says of them, links with their targets.
/// Symbolic links are never followed, so the walk ends.</summary>
internal sealed class TreeScan
{
    private readonly string _root;
    private readonly string _shown;

    private TreeScan(string root, string shown)
    {
        _root = root;
        _shown = shown;
    }

    public List<TreeEntry> Files { get; } = [];

    public List<PackageFolder> Folders { get; } = [];

    public List<PackageLink> Links { get; } = [];

    /// <exception cref="OmegaException">A path that a package cannot hold, a socket, pipe or device, or too many.
    /// </exception>
    public static TreeScan Of(string folder, CancellationToken cancel)
    {
        var scan = new TreeScan(Path.GetFullPath(folder), folder);
        var descriptor = PathCalls.OpenFolder(scan._root);
        try
        {
            scan.Walk(descriptor, "", cancel);
        }
        finally
        {
            Close(descriptor);
        }

        return scan;
    }

    private static void Close(int descriptor) => Omega.P2P.Node.Files.LibC.Close(descriptor);

    private void Walk(int folder, string path, CancellationToken cancel)
    {
        var names = new FileSystemEnumerable<string>(
            Path.Combine(_root, path), static (ref FileSystemEntry entry) => entry.FileName.ToString(), Options);
        foreach (var name in names)
        {
            cancel.ThrowIfCancellationRequested();
            var below = path.Length == 0 ? name : $"{path}/{name}";
            if (name.Contains('\uFFFD', StringComparison.Ordinal) || !PackagePath.IsValid(below))
                throw Refused(below, "its name is not UTF-8, has control characters, or is too long");
            if (Files.Count + Folders.Count + Links.Count >= PackageManifest.PathCountMax)
                throw Refused(_shown, $"it holds more than {PackageManifest.PathCountMax} paths");
            Take(folder, name, below, cancel);
        }
    }

    private void Take(int folder, string name, string path, CancellationToken cancel)
    {
        var stat = PathCalls.StatAt(folder, name);
        switch (stat.Kind)
        {
            case PathKind.File:
                Files.Add(new TreeEntry(path, stat));
                break;
            case PathKind.Link:
                var target = PathCalls.ReadLinkAt(folder, name);
                if (target.Contains('\uFFFD', StringComparison.Ordinal) || target.Length > PackagePath.BytesMax)
                    throw Refused(path, "the link's target is not UTF-8, or too long");
                Links.Add(new PackageLink(path, target));
                break;
            case PathKind.Folder:
                Folders.Add(new PackageFolder(path, stat.Mode));
                var below = PathCalls.OpenFolderAt(folder, name);
                try
                {
                    Walk(below, path, cancel);
                }
                finally
                {
                    Close(below);
                }

                break;
            default:
                throw Refused(path, "it is a socket, a pipe or a device");
        }
    }

    private static EnumerationOptions Options { get; } = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        ReturnSpecialDirectories = false,
        RecurseSubdirectories = false,
    };

    private static OmegaException Refused(string path, string why) =>
        new(ExitCode.Refused, "cannot_package", $"{Table.Printable(path)} cannot be packed: {why}") { Field = "FILE" };
}
