using System.Collections.Immutable;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// The content of an artifact of type <c>package</c>: a canonical list of files, symbolic links and folders, so that a
/// tree has one ContentId. Owners, times, hard links and the mode of the root are not kept.
/// </summary>
/// <remarks>
/// Canonical CBOR, at most 64 MiB and 262,144 paths, each list sorted by the bytes of the path, each path once, and no
/// file or link where another path needs a folder: <c>{ "files": [ [ path, mode, size, link ], … ],
/// "links": [ [ path, target ], … ], "folders": [ [ path, mode ], … ], "package": 1 }</c>. <c>links</c> and
/// <c>folders</c> are left out when empty. A folder is listed iff nothing is below it or its mode is not 0o755.
/// </remarks>
public sealed partial class PackageManifest
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 64 * 1024 * 1024;

    /// <summary>Most files, links and folders together.</summary>
    public const int PathCountMax = 262_144;

    /// <summary>Mode of the folders that need not be listed.</summary>
    public const int FolderModeDefault = 0x1ed;

    /// <summary>The type tag of such artifacts.</summary>
    public const string TypeTag = "package";

    private PackageManifest(
        ImmutableArray<PackageFile> files, ImmutableArray<PackageLink> links, ImmutableArray<PackageFolder> folders)
    {
        Files = files;
        Links = links;
        Folders = folders;
    }

    /// <summary>Files by ascending path bytes.</summary>
    public ImmutableArray<PackageFile> Files { get; }

    /// <summary>Symbolic links by ascending path bytes.</summary>
    public ImmutableArray<PackageLink> Links { get; }

    /// <summary>Folders that are empty or of an unusual mode, by ascending path bytes.</summary>
    public ImmutableArray<PackageFolder> Folders { get; }

    /// <summary>A manifest of our own making; the order given does not matter. Folders that need not be listed are
    /// dropped.</summary>
    /// <exception cref="ArgumentException">A path, target, mode or size out of bounds, two equal paths, or a file or
    /// link where another path needs a folder.</exception>
    public static PackageManifest Create(
        IEnumerable<PackageFile> files, IEnumerable<PackageLink>? links = null,
        IEnumerable<PackageFolder>? folders = null)
    {
        var allFiles = Sorted(files, file => file.Path);
        var allLinks = Sorted(links ?? [], link => link.Path);
        foreach (var file in allFiles)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(file.Size, nameof(files));
            ArgumentOutOfRangeException.ThrowIfNegative(file.Mode, nameof(files));
        }
        PackageFolder[] given = [.. folders ?? []];
        foreach (var folder in given)
            ArgumentOutOfRangeException.ThrowIfNegative(folder.Mode, nameof(folders));
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in allFiles.Select(f => f.Path).Concat(allLinks.Select(l => l.Path))
            .Concat(given.Select(f => f.Path)))
            AddParents(used, path);
        var listed = given.Where(folder => folder.Mode != FolderModeDefault || !used.Contains(folder.Path));
        var manifest = new PackageManifest(allFiles, allLinks, Sorted(listed, folder => folder.Path));
        if (!TryDecode(manifest.Encode(), out _, out var error))
            throw new ArgumentException(error.ToString(), nameof(files));
        return manifest;
    }

    private static ImmutableArray<T> Sorted<T>(IEnumerable<T> items, Func<T, string> pathOf)
    {
        var keyed = items.Select(item => (Key: System.Text.Encoding.UTF8.GetBytes(pathOf(item)), Item: item)).ToArray();
        Array.Sort(keyed, static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        return [.. keyed.Select(pair => pair.Item)];
    }

    /// <summary>Adds every folder above a path; stops where one is known, for then its own are.</summary>
    private static void AddParents(HashSet<string> folders, string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (!folders.Add(path[..slash]))
                break;
        }
    }
}
