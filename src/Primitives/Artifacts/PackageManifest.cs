using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>One file of a package.</summary>
/// <param name="Path">Relative path by <see cref="PackagePath"/>.</param>
/// <param name="Mode">Permission bits, 0..0o777; nothing else of a mode is kept.</param>
/// <param name="Content">The file's bytes.</param>
/// <param name="Size">Their count.</param>
public sealed record PackageFile(string Path, int Mode, ContentId Content, long Size);

/// <summary>
/// The content of an artifact of type <c>package</c>: a canonical list of files, so that a folder has one ContentId.
/// Empty folders, links, owners and times are not kept.
/// </summary>
/// <remarks>
/// Canonical CBOR, at most 64 MiB and 262,144 files, sorted by the bytes of the path, each path once, and no path a
/// folder of another: <c>{ "files": [ [ path, mode, size, link ], … ], "package": 1 }</c>.
/// </remarks>
public sealed class PackageManifest
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 64 * 1024 * 1024;

    /// <summary>Most files.</summary>
    public const int FileCountMax = 262_144;

    /// <summary>The type tag of such artifacts.</summary>
    public const string TypeTag = "package";

    private PackageManifest(ImmutableArray<PackageFile> files) => Files = files;

    /// <summary>Files by ascending path bytes.</summary>
    public ImmutableArray<PackageFile> Files { get; }

    /// <summary>A manifest of our own making; the order given does not matter.</summary>
    /// <exception cref="ArgumentException">A path, mode or size out of bounds, two equal paths, or a file where another
    /// path needs a folder.</exception>
    public static PackageManifest Create(IEnumerable<PackageFile> files)
    {
        var sorted = files.ToArray();
        Array.Sort(sorted, (a, b) => PackagePath.Compare(a.Path, b.Path));
        foreach (var file in sorted)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(file.Size, nameof(files));
            ArgumentOutOfRangeException.ThrowIfNegative(file.Mode, nameof(files));
        }
        var manifest = new PackageManifest([.. sorted]);
        if (!TryDecode(manifest.Encode(), out _, out var error))
            throw new ArgumentException(error.ToString(), nameof(files));
        return manifest;
    }

    /// <summary>The canonical bytes: the content of the package artifact.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(64 + (96 * Files.Length));
        writer.WriteMapStart(2);
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
        writer.WriteKey("package"u8);
        writer.WriteUInt(1);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads a manifest. Errors: those of the CBOR reader, and <c>package-size</c>, <c>package-shape</c>,
    /// <c>package-version</c>, <c>package-count</c>, <c>package-path</c>, <c>package-mode</c>, <c>package-content</c>,
    /// <c>package-order</c>, <c>package-conflict</c> (a file where another path needs a folder).
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
        if (reader.TryReadMapStart(out var count)
            && (count == 2 || reader.Refuse("package-shape", "", "A manifest has two fields."))
            && reader.TryReadKey("files"u8) && TryReadFiles(ref reader, out var files)
            && reader.TryReadKey("package"u8) && reader.TryReadUInt(out var version)
            && (version == 1 || reader.Refuse("package-version", "package", "Only version 1 is known."))
            && reader.TryFinish())
        {
            manifest = new PackageManifest(files);
        }
        error = reader.Error;
        return manifest is not null;
    }

    private static bool TryReadFiles(ref CborReader reader, out ImmutableArray<PackageFile> files)
    {
        files = [];
        if (!reader.TryReadArrayStart(out var count))
            return false;
        if (count > FileCountMax)
            return reader.Refuse("package-count", "files", "A package has at most 262,144 files.");
        var read = ImmutableArray.CreateBuilder<PackageFile>(count);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            if (!TryReadFile(ref reader, out var file))
                return false;
            if (i > 0 && PackagePath.Compare(read[i - 1].Path, file.Path) >= 0)
                return reader.Refuse("package-order", "files", "Paths ascend and do not repeat.");
            for (var slash = file.Path.LastIndexOf('/'); slash > 0; slash = file.Path.LastIndexOf('/', slash - 1))
            {
                if (!folders.Add(file.Path[..slash]))
                    break;
            }
            read.Add(file);
        }
        foreach (var file in read)
        {
            if (folders.Contains(file.Path))
                return reader.Refuse("package-conflict", "files", "A file stands where another path needs a folder.");
        }
        files = read.MoveToImmutable();
        return true;
    }

    private static bool TryReadFile(ref CborReader reader, [NotNullWhen(true)] out PackageFile? file)
    {
        file = null;
        if (!reader.TryReadArrayStart(out var parts))
            return false;
        if (parts != 4)
            return reader.Refuse("package-shape", "files", "A file is path, mode, size and content.");
        if (!reader.TryReadText(PackagePath.BytesMax, out var path))
            return false;
        if (!PackagePath.IsValid(path))
            return reader.Refuse("package-path", "files", "A path is outside the rules.");
        if (!reader.TryReadUInt(out var mode))
            return false;
        if (mode > 0x1ff)
            return reader.Refuse("package-mode", "files", "A mode is 0 to 0o777.");
        if (!reader.TryReadSize(out var size) || !reader.TryReadLink(out var link))
            return false;
        if (!Cid.TryFromBytes(link, out var cid) || !ContentId.TryFromCid(cid, out var content))
            return reader.Refuse("package-content", "files", "A content is a CIDv1, raw, BLAKE3.");
        file = new PackageFile(path, (int)mode, content, size);
        return true;
    }
}
