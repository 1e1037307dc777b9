using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Chunking;

/// <summary>
/// The 256 random words of the gear hash: 2,048 bytes of BLAKE3.derive_key("omega fastcdc gear v1", "") read as
/// little-endian 64-bit words. Part of the format: other words cut elsewhere and nothing deduplicates.
/// </summary>
internal static class GearTable
{
    public static ulong[] Words { get; } = Make();

    private static ulong[] Make()
    {
        var bytes = new byte[256 * sizeof(ulong)];
        Blake3.DeriveKey("omega fastcdc gear v1", [], bytes);
        var words = new ulong[256];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)));
        }

        return words;
    }
}
