using System.Runtime.CompilerServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// The compression function on one block (BLAKE3 section 2.2), for single blocks and machines without SIMD.
/// </summary>
internal static unsafe partial class Blake3Scalar
{
    /// <summary>Replaces the eight words at <paramref name="cv"/> by those after one more block.</summary>
    public static void Advance(uint* cv, byte* block, uint blockLength, ulong counter, uint flags)
    {
        var words = stackalloc uint[16];
        Compress(cv, block, blockLength, counter, flags, words);
        Unsafe.CopyBlockUnaligned(cv, words, Blake3Constants.CvSize);
    }

    /// <summary>Hashes one input of <paramref name="job"/>'s number of blocks to 32 bytes.</summary>
    public static void Hash1(byte* input, in Blake3Job job, ulong counter, byte* output)
    {
        var cv = stackalloc uint[16];
        Unsafe.CopyBlockUnaligned(cv, job.Key, Blake3Constants.CvSize);
        for (var i = 0; i < job.Blocks; i++)
        {
            var flags = job.Flags | (i == 0 ? job.FirstFlag : 0) | (i == job.Blocks - 1 ? job.LastFlag : 0);
            Compress(cv, input + i * Blake3Constants.BlockSize, Blake3Constants.BlockSize, counter, flags, cv);
        }
        Unsafe.CopyBlockUnaligned(output, cv, Blake3Constants.CvSize);
    }
}
