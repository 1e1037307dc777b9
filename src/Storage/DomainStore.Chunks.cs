using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Contents as the chunks they are cut into, for those who name chunks.</summary>
public sealed partial class DomainStore
{
    /// <summary>The largest chunk in bytes; a smaller content is cut too, so this bounds nothing else.</summary>
    public const int ChunkBytesMax = FastCdc.SizeMax;

    /// <summary>Chunks of a content in order, from the one at an offset on. A content that is not cut is one chunk with
    /// the content's own name; one of no bytes has none. Also for a content whose bytes are away.</summary>
    /// <param name="content">A content the store has an artifact of.</param>
    /// <param name="offset">Where a chunk begins, below the content's size; 0 for all.</param>
    /// <param name="max">Stop after so many.</param>
    /// <exception cref="StoreRefusedException"><c>unknown-content</c>.</exception>
    /// <exception cref="StoreDamagedException">The chunk list cannot be read.</exception>
    public IReadOnlyList<ContentChunk> ChunksOf(ContentId content, long offset = 0, int max = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var size = SizeOf(content);
        using var objects = new ObjectReader(_core);
        if (offset == 0)
        {
            return [.. ChunksOf(content, size, objects).Take(max).Select(Told)];
        }

        var layout = new ContentLayout(
            objects, _core.TryReadList(content, out var list) ? list!.Chunks : ContentLayout.Single(content, size));
        var found = new List<ContentChunk>();
        for (var at = offset; at < size && found.Count < max;)
        {
            var chunk = layout.Find(at);
            found.Add(Told(chunk));
            at = chunk.End;
        }

        return found;
    }

    /// <summary>Reads a chunk, or a content that is not cut, and checks it against its name. False where its bytes are
    /// not on this disk. Whose bytes they are is the caller's question.</summary>
    /// <exception cref="StoreDamagedException">The bytes do not hash to the name.</exception>
    public bool TryReadChunk(Hash256 id, out byte[] bytes)
    {
        using var objects = new ObjectReader(_core);
        return objects.TryRead(id, BlockCodec.Raw, out bytes);
    }

    private static ContentChunk Told(ChunkAt chunk) => new(chunk.Id, chunk.Start, (int)chunk.Length);
}

/// <summary>One chunk of a content.</summary>
/// <param name="Id">BLAKE3 of its bytes.</param>
/// <param name="Start">Where it begins in the content.</param>
/// <param name="Length">Bytes, at most <see cref="DomainStore.ChunkBytesMax"/>.</param>
public readonly record struct ContentChunk(Hash256 Id, long Start, int Length);
