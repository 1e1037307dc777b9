using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Eviction;

/// <summary>A block on its way out, and its entries that somebody else needs.</summary>
internal sealed record SurveyedBlock(
    BlockState State, BlockDirectory Directory, IReadOnlyList<BlockEntry> Neighbours);

/// <summary>What an eviction or a repack has to do.</summary>
internal sealed record Survey(
    IReadOnlyList<SizedContent> Contents, IReadOnlyList<SurveyedBlock> Blocks, long PendingBytes)
{
    public IEnumerable<BlockState> States => Blocks.Select(block => block.State);

    public long NeighbourBytes => Blocks.Sum(block => block.Neighbours.Sum(entry => (long)entry.Length));
}
