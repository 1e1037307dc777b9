using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Node.Keys;

/// <summary>The machine's own source of chance, handed to the pure rooms.</summary>
internal sealed class SystemRandom : IRandomSource
{
    public static SystemRandom Instance { get; } = new();

    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
