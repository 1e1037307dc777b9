using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Hashing;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Packages;

/// <summary>`put --recursive`: walks a folder, reads what changed since the last time on all processors, and puts a
/// package.</summary>
internal sealed class PackageWriter(INodeService service, string views, Terminal terminal)
{
    private const int FilesAtOnce = 32;
    private const long LargeSize = 1024 * 1024;

    /// <exception cref="OmegaException">A path that cannot be packed; those of a put.</exception>
    public PutAnswer Put(PutOrder order, string folder, CancellationToken cancel)
    {
        try
        {
            return Put(order, folder, FilesCache.Load(views, folder), cancel);
        }
        catch (OmegaException gone) when (gone.Code == "package_incomplete")
        {
            // What the view knew was evicted in between: read everything.
            return Put(order, folder, null, cancel);
        }
    }

    private PutAnswer Put(PutOrder order, string folder, FilesCache? cache, CancellationToken cancel)
    {
        var startNs = SystemClock.Now().UnixMs * 1_000_000;
        using var session = service.BeginPackage(order, cancel);
        var tree = TreeScan.Of(folder, cancel);
        var files = new (TreeEntry Entry, ContentId Content, long ReadNs)[tree.Files.Count];
        var unread = Known(session, tree, cache, files);
        var root = PathCalls.OpenFolder(Path.GetFullPath(folder));
        try
        {
            Read(session, tree, root, unread, files, startNs, cancel);
        }
        finally
        {
            LibC.Close(root);
        }

        var manifest = PackageManifest.Create(
            files.Select(file => new PackageFile(
                file.Entry.Path, file.Entry.Stat.Mode, file.Content, file.Entry.Stat.Size)), tree.Links, tree.Folders);
        var answer = session.Complete(manifest, cancel) with { Unchanged = files.Length - unread.Count };
        (cache ?? FilesCache.Load(views, folder)).Save(files);
        WarnOfLinks(tree);
        return answer;
    }

    /// <summary>Fills in what need not be read; the indexes of the rest.</summary>
    private static List<int> Known(
        IPackageSession session, TreeScan tree, FilesCache? cache, (TreeEntry, ContentId, long)[] files)
    {
        var unread = new List<int>();
        var claimed = new List<(int Index, ContentId Content)>();
        for (var i = 0; i < tree.Files.Count; i++)
        {
            if (cache is not null && cache.TryGet(tree.Files[i], out var content)) claimed.Add((i, content));
            else unread.Add(i);
        }

        if (claimed.Count == 0) return unread;
        var kept = session.Keep([.. claimed.Select(c => (c.Content, tree.Files[c.Index].Stat.Size))]);
        for (var i = 0; i < claimed.Count; i++)
        {
            var (index, content) = claimed[i];
            if (kept[i]) files[index] = (tree.Files[index], content, long.MaxValue);
            else unread.Add(index);
        }

        return unread;
    }

    private void Read(IPackageSession session, TreeScan tree, int root, List<int> unread,
        (TreeEntry, ContentId, long)[] files, long startNs, CancellationToken cancel)
    {
        var done = 0;
        ThreadPoolScheduler.OfMachine.Run((unread.Count + FilesAtOnce - 1) / FilesAtOnce, piece =>
        {
            var end = Math.Min(unread.Count, (piece + 1) * FilesAtOnce);
            for (var i = piece * FilesAtOnce; i < end; i++)
            {
                cancel.ThrowIfCancellationRequested();
                files[unread[i]] = ReadOne(session, root, tree.Files[unread[i]], startNs);
            }

            var count = Interlocked.Add(ref done, end - (piece * FilesAtOnce));
            terminal.Progress($"taking in {count} of {unread.Count} files");
        });
    }

    private static (TreeEntry, ContentId, long) ReadOne(
        IPackageSession session, int root, TreeEntry entry, long startNs)
    {
        var descriptor = PathCalls.OpenFileAt(root, entry.Path);
        try
        {
            ContentId content;
            long size;
            if (entry.Stat.Size > LargeSize)
            {
                using var stream = new DescriptorStream(descriptor);
                content = session.Add(stream);
                size = stream.Bytes;
            }
            else
            {
                var bytes = ReadWhole(descriptor, (int)entry.Stat.Size);
                content = session.Add(bytes);
                size = bytes.Length;
            }

            // Of a file that changes while it is read what was read counts, and it is read again the next time.
            var after = PathCalls.StatOpen(descriptor);
            if (after.Kind != PathKind.File)
                throw new OmegaException(ExitCode.Refused, "cannot_package", $"{entry.Path} is no file any more");
            var isSame = after == entry.Stat && size == after.Size;
            return (entry with { Stat = after with { Size = size } }, content, isSame ? startNs : long.MinValue / 2);
        }
        finally
        {
            LibC.Close(descriptor);
        }
    }

    private static byte[] ReadWhole(int descriptor, int expected)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(expected);
        var read = PathCalls.ReadFully(descriptor, bytes);
        if (read < expected) return bytes[..read];
        Span<byte> more = stackalloc byte[1];
        if (PathCalls.ReadFully(descriptor, more) == 0) return bytes;
        using var grown = new MemoryStream();
        grown.Write(bytes);
        grown.Write(more);
        using var rest = new DescriptorStream(descriptor);
        rest.CopyTo(grown);
        return grown.ToArray();
    }

    private void WarnOfLinks(TreeScan tree)
    {
        var outside = tree.Links.Count(link => !link.StaysInside);
        if (outside > 0)
            terminal.Notice($"{Figures.Count(outside, "symbolic link")} may lead outside the folder: " +
                "omega get needs --outside-links to restore them");
    }

    private sealed class DescriptorStream(int descriptor) : ReadOnlyStream
    {
        public long Bytes { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var read = PathCalls.ReadFully(descriptor, buffer);
            Bytes += read;
            return read;
        }
    }
}
