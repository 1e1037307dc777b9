using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Storage;

namespace Omega.P2P.Engine.Ipfs;

/// <summary>
/// A content as a UnixFS file: our chunks are its leaves, raw blocks named by BLAKE3. Made from the chunk list, so the
/// same on every start and nothing to keep.
/// </summary>
public static class UnixFsFile
{
    /// <summary>The root: <c>bafyr4i…</c>, or the content's own <c>bafkr4i…</c> where it is one chunk.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-content</c>.</exception>
    public static Cid RootOf(DomainStore store, ContentId content)
    {
        ArgumentNullException.ThrowIfNull(store);
        return Build(store.ChunksOf(content), _ => { });
    }

    /// <summary>Hands out the nodes over chunks in order, children first, and gives the root.</summary>
    public static Cid Build(IReadOnlyList<ContentChunk> chunks, Action<UnixFsBranch> onNode)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        var builder = new UnixFsBuilder(onNode);
        foreach (var chunk in chunks) builder.Add(CidOf(chunk), chunk.Length);
        return builder.Finish();
    }

    /// <summary>A chunk's name as a raw block.</summary>
    public static Cid CidOf(ContentChunk chunk) => Cid.Create(Cid.CodecRaw, Cid.HashBlake3, chunk.Id.AsSpan());
}
