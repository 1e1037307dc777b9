using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>Takes bytes that were proven against their content's hash. Called by one pump at a time.</summary>
public interface IVerifiedSink
{
    /// <summary>
    /// Bytes at <paramref name="offset"/> of the content; offsets grow within one answer. Ranges already written may
    /// come again after a retry. Throws what the medium throws; the answer then fails as a local fault, not the peer's.
    /// </summary>
    /// <param name="offset">Where they lie in the content.</param>
    /// <param name="verified">Bytes of one group of 16 KiB: all of it, where all of it was asked for.</param>
    /// <param name="cv">The chaining value that proves that group; of a content of one group its hash.</param>
    void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv);
}
