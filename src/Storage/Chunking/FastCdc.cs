using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Omega.P2P.Storage.Chunking;

/// <summary>
/// Content-defined cutting after Xia et al., "FastCDC" (USENIX ATC 2016): gear hash, normalised chunking at level 2,
/// cut-point skipping. A chunk ends where the top 18 bits of the hash are zero before the average size, the top 14
/// after it; at 1 MiB regardless. The first <see cref="SizeMin"/> bytes of a chunk are skipped unhashed.
/// </summary>
internal static class FastCdc
{
    /// <summary>Smallest chunk, but for the last of a content. Bytes.</summary>
    public const int SizeMin = 16 * 1024;

    /// <summary>Size around which the rule changes. Bytes.</summary>
    public const int SizeAverage = 64 * 1024;

    /// <summary>Largest chunk. Bytes.</summary>
    public const int SizeMax = 1024 * 1024;

    private const int BitsEarly = 18;
    private const int BitsLate = 14;

    /// <summary>
    /// Length of the first chunk of <paramref name="data"/>. Where the data may go on, hand in at least
    /// <see cref="SizeMax"/> bytes, else the end of the data counts as the end of the content.
    /// </summary>
    public static int Cut(ReadOnlySpan<byte> data)
    {
        if (data.Length <= SizeMin)
        {
            return data.Length;
        }

        var end = Math.Min(data.Length, SizeMax);
        var middle = Math.Min(end, SizeAverage);
        ulong hash = 0;
        var at = Scan(data, SizeMin, middle, ulong.MaxValue << (64 - BitsEarly), ref hash);
        if (at >= 0)
        {
            return at;
        }

        at = Scan(data, middle, end, ulong.MaxValue << (64 - BitsLate), ref hash);
        return at >= 0 ? at : end;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Scan(ReadOnlySpan<byte> data, int from, int to, ulong mask, ref ulong carried)
    {
        ref var gear = ref MemoryMarshal.GetArrayDataReference(GearTable.Words);
        ref var first = ref MemoryMarshal.GetReference(data);
        var hash = carried;
        for (var i = from; i < to; i++)
        {
            hash = (hash << 1) + Unsafe.Add(ref gear, (nint)Unsafe.Add(ref first, (nint)i));
            if ((hash & mask) == 0)
            {
                carried = hash;
                return i + 1;
            }
        }

        carried = hash;
        return -1;
    }
}
