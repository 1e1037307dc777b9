using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Tests.Support;

/// <summary>Chance from a seed, the same on every run.</summary>
internal sealed class SeededRandom(byte seed) : IRandomSource
{
    private long _count;

    public void Fill(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            byte[] input = [seed, .. BitConverter.GetBytes(_count++)];
            var block = Blake3.Hash(input).ToArray();
            var take = Math.Min(32, destination.Length);
            block.AsSpan(0, take).CopyTo(destination);
            destination = destination[take..];
        }
    }
}
