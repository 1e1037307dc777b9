using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// A place in the prefix tree: the first <see cref="Depth"/> nibbles that all keys below share, high nibble of a byte
/// first. <c>default</c> is the root.
/// </summary>
public readonly record struct PrefixPath
{
    /// <summary>Nibbles in a key; no path is longer.</summary>
    public const int DepthMax = 64;

    private readonly Hash256 _bits;

    private PrefixPath(Hash256 bits, int depth)
    {
        _bits = bits;
        Depth = depth;
    }

    /// <summary>Count of nibbles, 0..64.</summary>
    public int Depth { get; }

    /// <summary>The place one nibble (0..15) deeper.</summary>
    /// <exception cref="InvalidOperationException">The path has 64 nibbles already.</exception>
    public PrefixPath Child(int nibble)
    {
        if (Depth == DepthMax)
            throw new InvalidOperationException("a key has 64 nibbles");
        Span<byte> bits = stackalloc byte[32];
        _bits.CopyTo(bits);
        bits[Depth >> 1] |= (byte)((Depth & 1) == 0 ? nibble << 4 : nibble);
        return new PrefixPath(Hash256.From(bits), Depth + 1);
    }

    /// <summary>True iff the key begins with this path.</summary>
    public bool Covers(ArtifactKey key)
    {
        var bits = _bits.AsSpan();
        var bytes = key.AsSpan();
        var whole = Depth >> 1;
        return bytes[..whole].SequenceEqual(bits[..whole])
            && ((Depth & 1) == 0 || (bytes[whole] & 0xf0) == bits[whole]);
    }

    /// <summary>Nibble of a key at a depth of 0..63.</summary>
    public static int NibbleOf(ArtifactKey key, int depth)
    {
        var pair = key.AsSpan()[depth >> 1];
        return (depth & 1) == 0 ? pair >> 4 : pair & 0x0f;
    }

    // Sign of the comparison between all keys under this path and one key; 0 when the path covers it.
    internal int CompareTo(ArtifactKey key)
    {
        if (Covers(key))
            return 0;
        return _bits.AsSpan().SequenceCompareTo(key.AsSpan());
    }
}
