namespace Omega.P2P.Primitives.Bao;

/// <summary>Verified bytes of one group.</summary>
public readonly ref struct BaoLeaf
{
    internal BaoLeaf(long offset, ReadOnlySpan<byte> data)
    {
        Offset = offset;
        Data = data;
    }

    /// <summary>Where the bytes lie in the content.</summary>
    public long Offset { get; }

    /// <summary>
    /// One whole group (the content's last may be shorter). It may point into the input that was just given, so it is
    /// valid until that memory changes or the decoder is called again.
    /// </summary>
    public ReadOnlySpan<byte> Data { get; }
}
