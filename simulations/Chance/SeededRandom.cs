using System.Buffers.Binary;
using System.Numerics;

namespace Omega.P2P.Simulations.Chance;

/// <summary>
/// xoshiro256** seeded by SplitMix64 (Blackman and Vigna). Ours, because the runtime's own generator promises no stable
/// sequence between versions, and a seed must replay for years. One child stream per component keeps a change in one
/// from shifting the choices of another.
/// </summary>
public sealed class SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Starts a stream; equal seeds give equal streams on every machine.</summary>
    public SeededRandom(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>An independent stream named by a label; does not advance this one.</summary>
    public SeededRandom Child(string label)
    {
        var hash = _a ^ BitOperations.RotateLeft(_c, 17);
        foreach (var letter in label) hash = (hash ^ letter) * 0x100000001B3UL;
        return new SeededRandom(hash);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>); 0 where the bound is 0.</summary>
    public long Below(long bound) => bound <= 0 ? 0 : (long)(NextUInt64() % (ulong)bound);

    /// <summary>Uniform in [from, to].</summary>
    public long Between(long from, long to) => from + Below(to - from + 1);

    /// <summary>True with a probability in [0, 1].</summary>
    public bool Chance(double probability) => (NextUInt64() >> 11) * (1.0 / (1UL << 53)) < probability;

    /// <summary>Fills a span.</summary>
    public void Fill(Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        while (destination.Length > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            var take = Math.Min(8, destination.Length);
            word[..take].CopyTo(destination);
            destination = destination[take..];
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
