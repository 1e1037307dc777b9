using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Ingest;

/// <summary>Follows where the chunks of one content go, on the thread that places them.</summary>
internal interface IChunkTrail
{
    /// <summary>The file that the next block is filled in.</summary>
    string NextBlockPath();

    /// <summary>The next chunk of the content.</summary>
    /// <param name="id">Which.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="isNew">Whether it goes to a block of this content, or is kept elsewhere or earlier in it.</param>
    void OnListed(Hash256 id, int length, bool isNew);

    /// <summary>So many new chunks of those listed, in their order, went to the block begun last.</summary>
    void OnPlaced(int count);
}
