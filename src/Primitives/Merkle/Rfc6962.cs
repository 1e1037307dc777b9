using System.Security.Cryptography;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// The hashes of a transparency log's tree (RFC 6962 section 2.1): SHA-256 with one prefix byte that keeps
/// leaves (0x00) and inner nodes (0x01) apart.
/// </summary>
public static class Rfc6962
{
    private const byte LeafPrefix = 0x00;
    private const byte NodePrefix = 0x01;
    private const int StackBytesMax = 1024;

    /// <summary>Root of a log without leaves: SHA-256 of nothing, <c>e3b0c442…b855</c>.</summary>
    public static Hash256 EmptyRoot { get; } = Hash256.From(SHA256.HashData([]));

    /// <summary>SHA-256(0x00 || data). Data may be of any length, also empty.</summary>
    public static Hash256 LeafHash(ReadOnlySpan<byte> data)
    {
        var length = checked(data.Length + 1);
        var buffer = length <= StackBytesMax ? stackalloc byte[length] : new byte[length];
        buffer[0] = LeafPrefix;
        data.CopyTo(buffer[1..]);
        return Digest(buffer);
    }

    /// <summary>SHA-256(0x01 || left || right), 65 bytes hashed.</summary>
    public static Hash256 NodeHash(in Hash256 left, in Hash256 right)
    {
        Span<byte> buffer = stackalloc byte[65];
        buffer[0] = NodePrefix;
        left.CopyTo(buffer[1..]);
        right.CopyTo(buffer[33..]);
        return Digest(buffer);
    }

    private static Hash256 Digest(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(data, digest);
        return Hash256.From(digest);
    }
}
