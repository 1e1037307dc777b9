using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>Verified bytes of one group.</summary>
public readonly ref struct BaoLeaf
{
    internal BaoLeaf(long offset, ReadOnlySpan<byte> data, Hash256 cv)
    {
        Offset = offset;
        Data = data;
        Cv = cv;
    }

    /// <summary>Where the bytes lie in the content.</summary>
    public long Offset { get; }

    /// <summary>
    /// One whole group (the content's last may be shorter). It may point into the input that was just given, so it is
    /// valid until that memory changes or the decoder is called again.
    /// </summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>
    /// What its parent promised and the bytes kept: the group's chaining value, or the root hash of a content of one
    /// group. <see cref="OutboardBuilder.AddProven"/> makes the outboard of these.
    /// </summary>
    public Hash256 Cv { get; }
}
