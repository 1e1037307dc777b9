namespace Omega.P2P.Primitives.Keys;

/// <summary>
/// Where unpredictable bytes come from: the system's generator in a node, a seeded one in a simulation.
/// </summary>
public interface IRandomSource
{
    /// <summary>Overwrites every byte of <paramref name="destination"/>, which may be empty.</summary>
    void Fill(Span<byte> destination);
}
