namespace Omega.P2P.Primitives.Bao;

/// <summary>Takes verified parents, so that whoever receives a content can prove it to others.</summary>
public interface IOutboardSink
{
    /// <summary>
    /// 64 verified bytes of parent <paramref name="node"/>, counted in pre-order; the span is not to be kept.
    /// </summary>
    void WriteParent(long node, ReadOnlySpan<byte> parent);
}
