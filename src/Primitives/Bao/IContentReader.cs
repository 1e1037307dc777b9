namespace Omega.P2P.Primitives.Bao;

/// <summary>The bytes of one content, wherever they are kept.</summary>
public interface IContentReader
{
    /// <summary>
    /// Fills all of <paramref name="destination"/> from byte <paramref name="offset"/> on; throws when it cannot.
    /// </summary>
    void ReadAt(long offset, Span<byte> destination);
}
