namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>
/// Bytes [<paramref name="Start"/>, <paramref name="Start"/> + <paramref name="Length"/>) of a content.
/// </summary>
/// <param name="Start">First byte, from 0.</param>
/// <param name="Length">Bytes, at least 1; the end is at most 2^63 - 1.</param>
public readonly record struct WireRange(long Start, long Length)
{
    /// <summary>One past the last byte.</summary>
    public long End => checked(Start + Length);
}
