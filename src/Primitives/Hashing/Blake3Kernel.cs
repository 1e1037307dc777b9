using System.Runtime.CompilerServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// Chooses, at run time, the widest kernel this processor has and feeds it. All kernels share one shape: hash N
/// inputs of the same number of 64-byte blocks, lying one after the other, to N chaining values of 32 bytes.
/// </summary>
internal static unsafe class Blake3Kernel
{
    /// <summary>avx512, avx2, v128 or scalar.</summary>
    public static string Name =>
        Blake3Avx512.IsSupported ? "avx512"
        : Blake3Avx2.IsSupported ? "avx2"
        : Blake3V128.IsSupported ? "v128"
        : "scalar";

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
    /// Hashes <paramref name="count"/> pairs of chaining values, 64 bytes each; <paramref name="cvs"/> may begin
    /// where <paramref name="pairs"/> begins, since every kernel reads its inputs before it writes.
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

    /// <summary>
    /// Passes of the widest kernel; a last one with empty lanes beats several narrow ones from five inputs on, and
    /// four lanes beat one from two inputs on (measured: a 16-lane pass costs as much as 1.4 chunks in the scalar
    /// kernel).
    /// </summary>
    [SkipLocalsInit]
    private static void HashAll(byte* input, int count, in Blake3Job job, byte* output)
    {
        var size = (nint)job.Blocks * Blake3Constants.BlockSize;
        var counter = job.Counter;
        var spare = stackalloc byte[16 * Blake3Constants.CvSize];
        while (count > 0)
        {
            var lanes = Lanes(count);
            var taken = Math.Min(lanes, count);
            var to = taken == lanes ? output : spare;
            if (lanes == 16) Blake3Avx512.Hash16(input, taken, in job, counter, to);
            else if (lanes == 8) Blake3Avx2.Hash8(input, taken, in job, counter, to);
            else if (lanes == 4) Blake3V128.Hash4(input, taken, in job, counter, to);
            else Blake3Scalar.Hash1(input, in job, counter, to);
            if (taken < lanes) Unsafe.CopyBlockUnaligned(output, spare, (uint)(taken * Blake3Constants.CvSize));
            count -= taken;
            input += taken * size;
            output += taken * Blake3Constants.CvSize;
            counter += (ulong)taken * job.CounterStep;
        }
    }

    private static int Lanes(int count)
    {
        if (count > 4 && Blake3Avx512.IsSupported) return 16;
        if (count > 4 && Blake3Avx2.IsSupported) return 8;
        return count > 1 && Blake3V128.IsSupported ? 4 : 1;
    }

    private static void Require(bool condition)
    {
        if (!condition) throw new ArgumentException("A span is shorter than the work it was given for.");
    }
}
