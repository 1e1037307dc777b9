namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>Takes bytes that were proven against their content's hash. Called by one pump at a time.</summary>
public interface IVerifiedSink
{
    /// <summary>
    /// Bytes at <paramref name="offset"/> of the content; offsets grow within one answer. Ranges already written may
    /// come again after a retry. Throws what the medium throws; the answer then fails as a local fault, not the peer's.
    /// </summary>
    void Write(long offset, ReadOnlySpan<byte> verified);
}
