using System.Text;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Storage;

namespace Omega.P2P.Engine.Ipfs;

/// <summary>
/// Contents of a store as one CAR version 1 file: for each a root, its chunks as raw blocks and the UnixFS nodes over
/// them, children before parents. A package is a UnixFS folder. Streams: memory does not grow with a content's size.
/// The file begins with its roots, so everything is gone through twice; by BLAKE3 the first time reads chunk lists
/// only.
/// </summary>
/// <param name="store">Where the contents are.</param>
/// <param name="hashCode">Names the blocks: <see cref="Cid.HashBlake3"/>, as bitswap serves them, or
/// <see cref="Cid.HashSha256"/>, which all IPFS software can check.</param>
public sealed class CarExport(DomainStore store, ulong hashCode)
{
    private const int ChunksAtOnce = 4096;

    /// <summary>Takes a block in its turn.</summary>
    private delegate void Take(Cid cid, ReadOnlyMemory<byte> block);

    /// <summary>Writes the file.</summary>
    /// <param name="contents">Each a root, in order; packages by the content of their manifest.</param>
    /// <param name="write">Takes the bytes in order; they are valid during the call only.</param>
    /// <exception cref="NotHereException">Bytes of a content are away.</exception>
    /// <exception cref="StoreRefusedException"><c>folder-too-large</c>: its entries do not fit one block.</exception>
    public void Write(IReadOnlyList<(ContentId Content, bool IsPackage)> contents, Action<ReadOnlyMemory<byte>> write)
    {
        ArgumentNullException.ThrowIfNull(contents);
        ArgumentNullException.ThrowIfNull(write);
        var roots = contents.Select(c => RootOf(c.Content, c.IsPackage, null).Cid).ToList();
        var car = new CarWriter(write);
        car.Begin(new CarHeader(roots));
        foreach (var (content, isPackage) in contents) RootOf(content, isPackage, car.Add);
    }

    private Part RootOf(ContentId content, bool isPackage, Take? take) =>
        isPackage ? FolderOf(store.ReadPackage(content), take) : FileOf(content, store.SizeOf(content), take);

    private Part FileOf(ContentId content, long size, Take? take)
    {
        var builder = new UnixFsBuilder(branch => take?.Invoke(branch.Cid, branch.Bytes), hashCode);
        for (long at = 0; at < size;)
        {
            foreach (var chunk in store.ChunksOf(content, at, ChunksAtOnce))
            {
                AddLeaf(builder, content, chunk, take);
                at = chunk.Start + chunk.Length;
            }
        }

        var root = builder.Finish();
        if (size == 0) take?.Invoke(root, default);
        return new Part(root, builder.TreeBytes);
    }

    private void AddLeaf(UnixFsBuilder builder, ContentId content, ContentChunk chunk, Take? take)
    {
        var isNamed = hashCode == Cid.HashBlake3;
        byte[] bytes = [];
        if ((take is not null || !isNamed) && !store.TryReadChunk(chunk.Id, out bytes))
            throw new NotHereException(content, []);
        var cid = isNamed ? UnixFsFile.CidOf(chunk) : CidHash.Of(Cid.CodecRaw, hashCode, bytes);
        take?.Invoke(cid, bytes);
        builder.Add(cid, chunk.Length);
    }

    /// <summary>Files in the manifest's order, then folders from the innermost out.</summary>
    private Part FolderOf(PackageManifest manifest, Take? take)
    {
        var folders = new Dictionary<string, List<DagPbLink>>(StringComparer.Ordinal) { [""] = [] };
        foreach (var folder in manifest.Folders) EntriesOf(folders, folder.Path);
        foreach (var file in manifest.Files) Enter(folders, file.Path, FileOf(file.Content, file.Size, take));
        foreach (var link in manifest.Links)
        {
            var target = Encoding.UTF8.GetBytes(link.Target);
            var unixFs = new UnixFsNode(UnixFsKind.Symlink, target, (ulong)target.Length, []);
            Enter(folders, link.Path, Node([], unixFs, link.Path, take));
        }

        var root = default(Part);
        var inward = folders.OrderBy(f => DepthOf(f.Key)).ThenBy(f => f.Key, StringComparer.Ordinal).ToList();
        foreach (var (path, entries) in Enumerable.Reverse(inward))
        {
            root = Node(entries, new UnixFsNode(UnixFsKind.Directory, default, null, []), path, take);
            if (path.Length > 0) Enter(folders, path, root);
        }

        return root;
    }

    private Part Node(IReadOnlyList<DagPbLink> links, UnixFsNode unixFs, string path, Take? take)
    {
        var bytes = new DagPbNode(links, unixFs.Encode()).Encode();
        if (bytes.Length > IpfsLimits.BlockBytes)
            throw new StoreRefusedException(
                "folder-too-large", $"the {links.Count} entries of folder '{path}' do not fit one block");
        var cid = CidHash.Of(Cid.CodecDagPb, hashCode, bytes);
        take?.Invoke(cid, bytes);
        return new Part(cid, links.Aggregate((ulong)bytes.Length, (sum, link) => sum + (link.Tsize ?? 0)));
    }

    private static void Enter(Dictionary<string, List<DagPbLink>> folders, string path, Part part)
    {
        var slash = path.LastIndexOf('/');
        var folder = slash < 0 ? "" : path[..slash];
        EntriesOf(folders, folder).Add(new DagPbLink(part.Cid, path[(slash + 1)..], part.TreeBytes));
    }

    /// <summary>What is in a folder; it and all above it are known from here on.</summary>
    private static List<DagPbLink> EntriesOf(Dictionary<string, List<DagPbLink>> folders, string path)
    {
        for (var above = path; !folders.ContainsKey(above); above = above[..Math.Max(above.LastIndexOf('/'), 0)])
            folders.Add(above, []);
        return folders[path];
    }

    private static int DepthOf(string path) => path.Length == 0 ? 0 : 1 + path.Count(c => c == '/');

    /// <summary>A subtree: its root, and its bytes with all nodes.</summary>
    private readonly record struct Part(Cid Cid, ulong TreeBytes);
}
