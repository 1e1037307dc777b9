using System.Security.Cryptography;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>
/// What a CID promises of its bytes, checked. Functions: SHA2-256 and BLAKE3 with 32 bytes of digest, and identity,
/// whose digest is the block. Pure; no state.
/// </summary>
public static class CidHash
{
    private const int DigestBytes = 32;

    /// <summary>Whether bytes can be held against this CID at all.</summary>
    public static bool IsSupported(Cid cid)
    {
        ArgumentNullException.ThrowIfNull(cid);
        return cid.HashCode switch
        {
            Cid.HashSha256 or Cid.HashBlake3 => cid.Digest.Length == DigestBytes,
            Cid.HashIdentity => true,
            _ => false,
        };
    }

    /// <summary>Whether <paramref name="block"/> has the digest; false too for a function that is not supported.
    /// </summary>
    public static bool Matches(Cid cid, ReadOnlySpan<byte> block)
    {
        ArgumentNullException.ThrowIfNull(cid);
        if (!IsSupported(cid))
            return false;
        if (cid.HashCode == Cid.HashIdentity)
            return block.SequenceEqual(cid.Digest);
        Span<byte> digest = stackalloc byte[DigestBytes];
        Digest(cid.HashCode, block, digest);
        return digest.SequenceEqual(cid.Digest);
    }

    /// <summary>The CID of a block, version 1.</summary>
    /// <exception cref="ArgumentException">Another function than SHA2-256 or BLAKE3.</exception>
    public static Cid Of(ulong codec, ulong hashCode, ReadOnlySpan<byte> block)
    {
        if (hashCode is not (Cid.HashSha256 or Cid.HashBlake3))
            throw new ArgumentException("Only SHA2-256 and BLAKE3 are computed.", nameof(hashCode));
        Span<byte> digest = stackalloc byte[DigestBytes];
        Digest(hashCode, block, digest);
        return Cid.Create(codec, hashCode, digest);
    }

    private static void Digest(ulong hashCode, ReadOnlySpan<byte> block, Span<byte> digest)
    {
        if (hashCode == Cid.HashSha256)
            SHA256.HashData(block, digest);
        else
            Blake3.Hash(block).CopyTo(digest);
    }
}
