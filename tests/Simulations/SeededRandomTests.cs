using Omega.P2P.Simulations.Chance;

namespace Omega.P2P.Simulations.Tests;

public sealed class SeededRandomTests
{
    /// <summary>The stream is pinned: a seed noted today must replay in years.</summary>
    [Fact]
    public void TheStreamOfASeedIsPinned()
    {
        var random = new SeededRandom(42);
        Assert.Equal(
            [random.NextUInt64(), random.NextUInt64()], [0x15780B2E0C2EC716UL, 0x6104D9866D113A7EUL]);
    }

    [Fact]
    public void AChildStreamDoesNotAdvanceItsParent()
    {
        var (alone, parent) = (new SeededRandom(7), new SeededRandom(7));
        parent.Child("a").NextUInt64();
        Assert.Equal(alone.NextUInt64(), parent.NextUInt64());
        Assert.NotEqual(new SeededRandom(7).Child("a").NextUInt64(), new SeededRandom(7).Child("b").NextUInt64());
    }

    [Fact]
    public void ChanceMeetsItsProbability()
    {
        var random = new SeededRandom(1);
        var hits = Enumerable.Range(0, 100_000).Count(_ => random.Chance(0.25));
        Assert.InRange(hits, 24_000, 26_000);
    }
}
