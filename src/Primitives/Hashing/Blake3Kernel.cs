namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// Chooses, at run time, the widest kernel this processor has and feeds it. All kernels share one shape: hash N inputs
/// of the same number of 64-byte blocks, lying one after the other, to N chaining values of 32 bytes.
/// </summary>
internal static unsafe class Blake3Kernel
{
    /// <summary>avx512, avx2, v128 or scalar.</summary>
    public static string Name =>
        Blake3Avx512.IsSupported ? "avx512" : Blake3Avx2.IsSupported ? "avx2" : Blake3V128.IsSupported ? "v128" : "scalar";

    /// <summary>Hashes <paramref name="count"/> whole chunks at the start of <paramref name="input"/>.</summary>
    public static void HashChunks(
        ReadOnlySpan<byte> input, int count, ulong firstChunk, in Blake3Key key, Span<byte> cvs)
    {
        Require(input.Length >= count * Blake3Constants.ChunkSize && cvs.Length >= count * Blake3Constants.CvSize);
        var job = new Blake3Job
        {
            Blocks = Blake3Constants.BlocksPerChunk,
            Counter = firstChunk,
            CounterStep = 1,
            Flags = key.Flags,
            FirstFlag = Blake3Constants.ChunkStart,
            LastFlag = Blake3Constants.ChunkEnd,
        };
        HashAll(input, count, in key, ref job, cvs);
    }

    /// <summary>
    /// Hashes <paramref name="count"/> pairs of chaining values, 64 bytes each; <paramref name="cvs"/> may begin where
    /// <paramref name="pairs"/> begins, since every kernel reads its inputs before it writes.
    /// </summary>
    public static void HashParents(ReadOnlySpan<byte> pairs, int count, in Blake3Key key, Span<byte> cvs)
    {
        Require(pairs.Length >= count * Blake3Constants.ParentSize && cvs.Length >= count * Blake3Constants.CvSize);
        var job = new Blake3Job { Blocks = 1, Flags = key.Flags | Blake3Constants.Parent };
        HashAll(pairs, count, in key, ref job, cvs);
    }

    private static void HashAll(
        ReadOnlySpan<byte> input, int count, in Blake3Key key, ref Blake3Job job, Span<byte> cvs)
    {
        fixed (byte* from = input)
        fixed (byte* to = cvs)
        fixed (uint* words = (ReadOnlySpan<uint>)key.Words)
        {
            job.Key = words;
            HashAll(from, count, in job, to);
        }
    }

    private static void HashAll(byte* input, int count, in Blake3Job job, byte* output)
    {
        var size = (nint)job.Blocks * Blake3Constants.BlockSize;
        var counter = job.Counter;
        while (count > 0)
        {
            int lanes;
            if (Blake3Avx512.IsSupported && count >= 16)
            {
                lanes = 16;
                Blake3Avx512.Hash16(input, in job, counter, output);
            }
            else if (Blake3Avx2.IsSupported && count >= 8)
            {
                lanes = 8;
                Blake3Avx2.Hash8(input, in job, counter, output);
            }
            else if (Blake3V128.IsSupported && count >= 4)
            {
                lanes = 4;
                Blake3V128.Hash4(input, in job, counter, output);
            }
            else
            {
                lanes = 1;
                Blake3Scalar.Hash1(input, in job, counter, output);
            }

            count -= lanes;
            input += lanes * size;
            output += lanes * Blake3Constants.CvSize;
            counter += (ulong)lanes * job.CounterStep;
        }
    }

    private static void Require(bool condition)
    {
        if (!condition) throw new ArgumentException("A span is shorter than the work it was given for.");
    }
}
