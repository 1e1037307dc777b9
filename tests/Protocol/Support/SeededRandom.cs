using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Tests.Support;

/// <summary>Random bytes that a seed fixes.</summary>
public sealed class SeededRandom(ulong seed) : IRandomSource
{
    private readonly Chance _chance = new(seed);

    public void Fill(Span<byte> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (byte)_chance.Next();
        }
    }
}

/// <summary>Hands out the given values in turn, for test vectors that fix every secret.</summary>
public sealed class ScriptedRandom(params byte[][] values) : IRandomSource
{
    private int _next;

    public void Fill(Span<byte> destination) => values[_next++].CopyTo(destination);
}
