using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>SplitMix64: the same bytes for the same seed.</summary>
internal sealed class TestRandom(ulong seed) : IRandomSource
{
    private ulong _state = seed;

    /// <summary>Bytes that no hash function finds again.</summary>
    public static byte[] Bytes(int length, ulong seed)
    {
        var bytes = new byte[length];
        new TestRandom(seed).Fill(bytes);
        return bytes;
    }

    public void Fill(Span<byte> destination)
    {
        foreach (ref var value in destination)
        {
            _state = unchecked(_state + 0x9E3779B97F4A7C15UL);
            var mixed = unchecked((_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9UL);
            mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL);
            value = (byte)(mixed >> 24);
        }
    }
}
