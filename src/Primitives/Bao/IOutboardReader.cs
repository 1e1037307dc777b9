namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// The parents of one tree, wherever they are kept. What it returns is checked by whoever reads it.
/// </summary>
public interface IOutboardReader
{
    /// <summary>Bytes in the content.</summary>
    long Size { get; }

    /// <summary>
    /// Fills 64 bytes: left then right chaining value of parent <paramref name="node"/>, counted in pre-order.
    /// </summary>
    void ReadParent(long node, Span<byte> parent);
}
