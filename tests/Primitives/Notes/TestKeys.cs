using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Tests.Notes;

/// <summary>Keys that are the same in every run: the seed is one byte, 32 times.</summary>
internal static class TestKeys
{
    public static Ed25519PrivateKey Key(byte number)
    {
        var seed = new byte[32];
        Array.Fill(seed, number);
        return Ed25519PrivateKey.FromSeed(seed);
    }
}
