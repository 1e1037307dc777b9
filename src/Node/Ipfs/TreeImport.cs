using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Node.Ipfs;

/// <summary>
/// Makes an artifact of a UnixFS tree: of a file one like any other, of a folder a package. The node gets bytes that
/// were held against their CIDs here, in the order of the tree, while later blocks are still on their way.
/// </summary>
/// <param name="service">The node.</param>
/// <param name="order">What is said of the artifact.</param>
/// <param name="supply">Where blocks come from.</param>
internal sealed class TreeImport(INodeService service, PutOrder order, IBlockSupply supply)
{
    private const long InMemoryMax = 1024 * 1024;

    /// <summary>A mode that UnixFS leaves open: 0o644.</summary>
    private const int ModeDefault = 0x1a4;

    /// <summary>Called with bytes taken in so far and those of the file under way; -1 in a folder.</summary>
    public Action<long, long> OnProgress { get; init; } = (_, _) => { };

    /// <exception cref="OmegaException">The tree is broken, blocks are missing, or the node refuses.</exception>
    public PutAnswer Import(Cid root, CancellationToken cancel)
    {
        var parts = new TreeParts(new UnixFsWalk(root), supply, OnProgress, cancel);
        if (parts.Next() is UnixFsPart.File { Path: "" } file)
        {
            parts.Total = file.Size;
            using var content = new TreeStream(parts);
            var answer = service.Put(order, content, cancel);
            parts.RequireEnd();
            return answer;
        }

        if (order.Kind is not (PutOrder.DefaultKind or PackageManifest.TypeTag))
            throw OmegaException.Usage($"{root} is a folder, and that is of kind {PackageManifest.TypeTag}", "--kind");
        return ImportFolder(parts, cancel);
    }

    private PutAnswer ImportFolder(TreeParts parts, CancellationToken cancel)
    {
        using var session = service.BeginPackage(order with { Kind = PackageManifest.TypeTag }, cancel);
        var files = new List<PackageFile>();
        var links = new List<PackageLink>();
        var folders = new List<PackageFolder>();
        for (var part = parts.Current; part is not null; part = parts.Next())
        {
            switch (part)
            {
                case UnixFsPart.File file:
                    files.Add(new PackageFile(file.Path, ModeDefault, Add(session, parts, file.Size), file.Size));
                    break;
                case UnixFsPart.Folder folder:
                    folders.Add(new PackageFolder(folder.Path, PackageManifest.FolderModeDefault));
                    break;
                case UnixFsPart.Link link:
                    links.Add(new PackageLink(link.Path, link.Target));
                    break;
                default:
                    break; // the ends of files
            }
        }

        try
        {
            return session.Complete(PackageManifest.Create(files, links, folders), cancel);
        }
        catch (ArgumentException bad)
        {
            throw new OmegaException(ExitCode.Refused, "cannot_package", $"the folder cannot be kept: {bad.Message}");
        }
    }

    private static ContentId Add(IPackageSession session, TreeParts parts, long size)
    {
        using var content = new TreeStream(parts);
        if (size > InMemoryMax) return session.Add(content);
        var bytes = new byte[size];
        content.ReadExactly(bytes); // a walk gives a file its size or fails
        return session.Add(bytes);
    }
}

/// <summary>The parts of a walk, blocks brought as they are needed.</summary>
internal sealed class TreeParts(
    UnixFsWalk walk, IBlockSupply supply, Action<long, long> tell, CancellationToken cancel)
{
    private long _bytes;

    /// <summary>What <see cref="Next"/> gave last.</summary>
    public UnixFsPart? Current { get; private set; }

    public long Total { get; set; } = -1;

    /// <summary>Null at the end.</summary>
    public UnixFsPart? Next()
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if (walk.TryTake(out var part))
            {
                Count(part);
                return Current = part;
            }

            if (walk.ErrorAt is { } at) throw Broken(walk.Error, at);
            if (walk.IsDone) return Current = null;
            supply.Supply(walk, cancel);
        }
    }

    public void RequireEnd()
    {
        if (Next() is not null) throw new InvalidOperationException("The walk goes on after its root's file.");
    }

    private void Count(UnixFsPart part)
    {
        if (part is not UnixFsPart.Bytes bytes) return;
        _bytes += bytes.Data.Length;
        tell(_bytes, Total);
    }

    private static OmegaException Broken(UnixFsError error, Cid at) => error switch
    {
        UnixFsError.UnsupportedCodec => new(ExitCode.Refused, "unsupported_codec",
            $"{at} is of codec 0x{at.Codec:x}: only raw blocks and UnixFS files and folders become artifacts"),
        UnixFsError.UnsupportedHash => new(ExitCode.Refused, "unsupported_hash",
            $"{at} is named by hash function 0x{at.HashCode:x}: only SHA2-256 and BLAKE3 are checked here"),
        UnixFsError.TooDeep or UnixFsError.TooWide or UnixFsError.TooManyEntries => new(
            ExitCode.Refused, "tree_too_large", $"{at} leads to more than is taken in: {error}"),
        _ => new(ExitCode.VerificationFailed, "broken_tree", $"{at} is no part of a sound UnixFS tree: {error}"),
    };
}

/// <summary>The bytes of the file under way.</summary>
internal sealed class TreeStream(TreeParts parts) : Files.ReadOnlyStream
{
    private ReadOnlyMemory<byte> _rest;

    public override int Read(Span<byte> buffer)
    {
        while (_rest.IsEmpty)
        {
            if (parts.Current is UnixFsPart.FileEnd) return 0;
            if (parts.Next() is UnixFsPart.Bytes next) _rest = next.Data;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }
}
