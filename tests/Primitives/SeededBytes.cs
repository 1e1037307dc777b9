using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Tests;

/// <summary>SplitMix64: random test input that is the same on every machine and runtime.</summary>
internal sealed class SeededBytes(ulong seed) : IRandomSource
{
    private ulong _state = seed;

    public ulong Next()
    {
        unchecked
        {
            ulong z = _state += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public void Fill(Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = (byte)Next();
    }

    public byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        Fill(bytes);
        return bytes;
    }

    /// <summary>A copy with one defect: a flipped bit, a lost byte, an extra byte or a random byte.</summary>
    public byte[] Mutated(ReadOnlySpan<byte> original)
    {
        List<byte> bytes = [.. original];
        int at = Below(Math.Max(bytes.Count, 1));
        switch (bytes.Count == 0 ? 2 : Below(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << Below(8));
                break;
            case 1:
                bytes.RemoveAt(at);
                break;
            case 2:
                bytes.Insert(at, (byte)Next());
                break;
            default:
                bytes[at] = (byte)Next();
                break;
        }

        return [.. bytes];
    }
}
