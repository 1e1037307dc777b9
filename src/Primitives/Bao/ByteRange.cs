namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// Bytes [<paramref name="Start"/>, <paramref name="Start"/> + <paramref name="Length"/>) of a content.
/// </summary>
/// <param name="Start">First byte, 0 or more.</param>
/// <param name="Length">Number of bytes, 0 or more.</param>
public readonly record struct ByteRange(long Start, long Length)
{
    /// <summary>The byte after the last.</summary>
    public long End => Start + Length;
}
