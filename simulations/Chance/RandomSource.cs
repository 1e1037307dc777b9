using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Simulations.Chance;

/// <summary>A seeded stream where a core wants chance.</summary>
public sealed class RandomSource(SeededRandom random) : IRandomSource
{
    /// <inheritdoc/>
    public void Fill(Span<byte> destination) => random.Fill(destination);
}
