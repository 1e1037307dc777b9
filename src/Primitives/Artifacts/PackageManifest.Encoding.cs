using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>Canonical bytes and their total reader.</summary>
public sealed partial class PackageManifest
{
    private delegate bool TryReadItem<T>(ref CborReader reader, [NotNullWhen(true)] out T? item)
        where T : class;

    /// <summary>The canonical bytes: the content of the package artifact.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(64 + (96 * Files.Length));
        writer.WriteMapStart(2 + (Links.IsEmpty ? 0 : 1) + (Folders.IsEmpty ? 0 : 1));
        writer.WriteKey("files"u8);
        writer.WriteArrayStart(Files.Length);
        foreach (var file in Files)
        {
            writer.WriteArrayStart(4);
            writer.WriteText(file.Path);
            writer.WriteUInt((ulong)file.Mode);
            writer.WriteUInt((ulong)file.Size);
            writer.WriteLink(file.Content.ToCid().Bytes);
        }
        if (!Links.IsEmpty)
        {
            writer.WriteKey("links"u8);
            writer.WriteArrayStart(Links.Length);
            foreach (var link in Links)
            {
                writer.WriteArrayStart(2);
                writer.WriteText(link.Path);
                writer.WriteText(link.Target);
            }
        }
        if (!Folders.IsEmpty)
        {
            writer.WriteKey("folders"u8);
            writer.WriteArrayStart(Folders.Length);
            foreach (var folder in Folders)
            {
                writer.WriteArrayStart(2);
                writer.WriteText(folder.Path);
                writer.WriteUInt((ulong)folder.Mode);
            }
        }
        writer.WriteKey("package"u8);
        writer.WriteUInt(1);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads a manifest. Errors: those of the CBOR reader, and <c>package-size</c>, <c>package-shape</c>,
    /// <c>package-version</c>, <c>package-count</c>, <c>package-path</c>, <c>package-target</c>, <c>package-mode</c>,
    /// <c>package-content</c>, <c>package-order</c>, <c>package-folder</c> (a folder that need not be listed),
    /// <c>package-conflict</c> (a path in two lists, or a file or link where another path needs a folder).
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PackageManifest? manifest, out DecodeError error)
    {
        manifest = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("package-size", "", "A manifest has at most 64 MiB.");
            return false;
        }
        var reader = new CborReader(bytes);
        if (TryReadParts(ref reader, out var parts) && AreApart(ref reader, parts))
            manifest = parts;
        error = reader.Error;
        return manifest is not null;
    }

    private static bool TryReadParts(ref CborReader reader, [NotNullWhen(true)] out PackageManifest? parts)
    {
        parts = null;
        var files = ImmutableArray<PackageFile>.Empty;
        var links = ImmutableArray<PackageLink>.Empty;
        var folders = ImmutableArray<PackageFolder>.Empty;
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count is < 2 or > 4)
            return reader.Refuse("package-shape", "", "A manifest has two to four fields.");
        if (!reader.TryReadKey("files"u8)
            || !TryReadList<PackageFile>(ref reader, TryReadFile, file => file.Path, PathCountMax, out files))
            return false;
        for (var left = count - 2; left > 0; left--)
        {
            if (!reader.TryReadKey(out var key))
                return false;
            var room = PathCountMax - files.Length - links.Length;
            var isRead = key.SequenceEqual("links"u8)
                ? TryReadList<PackageLink>(ref reader, TryReadLink, link => link.Path, room, out links)
                    && IsListed(ref reader, links.Length)
                : key.SequenceEqual("folders"u8)
                    ? TryReadList<PackageFolder>(ref reader, TryReadFolder, folder => folder.Path, room, out folders)
                        && IsListed(ref reader, folders.Length)
                    : reader.Refuse("package-shape", "", "A manifest has files, links, folders and package.");
            if (!isRead)
                return false;
        }
        if (!reader.TryReadKey("package"u8) || !reader.TryReadUInt(out var version))
            return false;
        if (version != 1)
            return reader.Refuse("package-version", "package", "Only version 1 is known.");
        if (!reader.TryFinish())
            return false;
        parts = new PackageManifest(files, links, folders);
        return true;
    }

    private static bool IsListed(ref CborReader reader, int count) =>
        count > 0 || reader.Refuse("package-shape", "", "An empty list of links or folders is left out.");

    private static bool AreApart(ref CborReader reader, PackageManifest parts)
    {
        var parents = new HashSet<string>(StringComparer.Ordinal);
        var leaves = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in parts.Files.Select(f => f.Path).Concat(parts.Links.Select(l => l.Path)))
        {
            AddParents(parents, path);
            if (!leaves.Add(path))
                return reader.Refuse("package-conflict", "links", "A path is a file and a link.");
        }
        foreach (var folder in parts.Folders)
            AddParents(parents, folder.Path);
        foreach (var folder in parts.Folders)
        {
            if (folder.Mode == FolderModeDefault && parents.Contains(folder.Path))
                return reader.Refuse("package-folder", "folders", "A folder is listed that need not be.");
            if (leaves.Contains(folder.Path))
                return reader.Refuse("package-conflict", "folders", "A path is a folder and something else.");
        }
        return !leaves.Overlaps(parents)
            || reader.Refuse("package-conflict", "files", "A file stands where another path needs a folder.");
    }

    private static bool TryReadList<T>(
        ref CborReader reader, TryReadItem<T> tryRead, Func<T, string> pathOf, int max, out ImmutableArray<T> items)
        where T : class
    {
        items = [];
        if (!reader.TryReadArrayStart(out var count))
            return false;
        if (count > max)
            return reader.Refuse("package-count", "files", "A package has at most 262,144 paths.");
        var read = ImmutableArray.CreateBuilder<T>(count);
        for (var i = 0; i < count; i++)
        {
            if (!tryRead(ref reader, out var item))
                return false;
            if (i > 0 && PackagePath.Compare(pathOf(read[i - 1]), pathOf(item)) >= 0)
                return reader.Refuse("package-order", "files", "Paths ascend and do not repeat.");
            read.Add(item);
        }
        items = read.MoveToImmutable();
        return true;
    }

    private static bool TryReadFile(ref CborReader reader, [NotNullWhen(true)] out PackageFile? file)
    {
        file = null;
        if (!TryReadHead(ref reader, 4, "A file is path, mode, size and content.", out var path)
            || !TryReadMode(ref reader, out var mode) || !reader.TryReadSize(out var size)
            || !reader.TryReadLink(out var link))
            return false;
        if (!Cid.TryFromBytes(link, out var cid) || !ContentId.TryFromCid(cid, out var content))
            return reader.Refuse("package-content", "files", "A content is a CIDv1, raw, BLAKE3.");
        file = new PackageFile(path, mode, content, size);
        return true;
    }

    private static bool TryReadLink(ref CborReader reader, [NotNullWhen(true)] out PackageLink? link)
    {
        link = null;
        if (!TryReadHead(ref reader, 2, "A link is path and target.", out var path)
            || !reader.TryReadText(PackagePath.BytesMax, out var target))
            return false;
        if (target.Length == 0 || target.Contains('\0', StringComparison.Ordinal))
            return reader.Refuse("package-target", "links", "A target is 1 to 4,096 bytes without NUL.");
        link = new PackageLink(path, target);
        return true;
    }

    private static bool TryReadFolder(ref CborReader reader, [NotNullWhen(true)] out PackageFolder? folder)
    {
        folder = TryReadHead(ref reader, 2, "A folder is path and mode.", out var path)
            && TryReadMode(ref reader, out var mode) ? new PackageFolder(path, mode) : null;
        return folder is not null;
    }

    private static bool TryReadHead(ref CborReader reader, int parts, string shape, out string path)
    {
        path = "";
        if (!reader.TryReadArrayStart(out var count))
            return false;
        if (count != parts)
            return reader.Refuse("package-shape", "files", shape);
        return reader.TryReadText(PackagePath.BytesMax, out path)
            && (PackagePath.IsValid(path) || reader.Refuse("package-path", "files", "A path is outside the rules."));
    }

    private static bool TryReadMode(ref CborReader reader, out int mode)
    {
        mode = 0;
        if (!reader.TryReadUInt(out var read))
            return false;
        mode = (int)Math.Min(read, 0x200);
        return mode <= 0x1ff || reader.Refuse("package-mode", "files", "A mode is 0 to 0o777.");
    }
}
