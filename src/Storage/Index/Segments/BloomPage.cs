using System.Buffers.Binary;
using System.Numerics;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// A filter of one page over a run of neighbouring keys: 63 blocks of 64 bytes, of which a key touches one, in seven
/// places. At <see cref="BitsPerKey"/> bits a key about one look-up in eighty for a key that is not there is told
/// "perhaps" (measured; the bound is a test).
/// </summary>
internal static class BloomPage
{
    public const int BitsPerKey = 10;

    /// <summary>Keys that fill a page.</summary>
    public const int KeysMax = BlockCount * BlockSize * 8 / BitsPerKey;

    private const int BlockSize = 64;
    private const int BlockCount = PageView.PayloadSize / BlockSize;
    private const int Probes = 7;

    /// <summary>A 64-bit digest of a key's prefix. Not cryptographic: the keys mostly are.</summary>
    public static ulong Digest(ReadOnlySpan<byte> prefix)
    {
        var hash = 0x9E3779B97F4A7C15UL ^ (ulong)prefix.Length;
        while (prefix.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(prefix));
            prefix = prefix[8..];
        }

        foreach (var b in prefix)
        {
            hash = Mix(hash ^ b);
        }

        return hash;
    }

    public static void Add(Span<byte> payload, ulong digest)
    {
        var block = payload.Slice(BlockOf(digest), BlockSize);
        var rest = Mix(digest);
        for (var i = 0; i < Probes; i++)
        {
            var bit = (int)(rest & 511);
            block[bit >> 3] |= (byte)(1 << (bit & 7));
            rest >>= 9;
        }
    }

    public static bool MayContain(ReadOnlySpan<byte> payload, ulong digest)
    {
        var block = payload.Slice(BlockOf(digest), BlockSize);
        var rest = Mix(digest);
        for (var i = 0; i < Probes; i++)
        {
            var bit = (int)(rest & 511);
            if ((block[bit >> 3] & (1 << (bit & 7))) == 0)
            {
                return false;
            }

            rest >>= 9;
        }

        return true;
    }

    private static int BlockOf(ulong digest) => (int)(((digest >> 32) * BlockCount) >> 32) * BlockSize;

    private static ulong Mix(ulong x)
    {
        var high = Math.BigMul(x, 0xD6E8FEB86659FD93UL, out var low);
        return BitOperations.RotateLeft(high ^ low, 29) + 0x2545F4914F6CDD1DUL;
    }
}
