using System.Diagnostics;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Benchmarks.Hashing;

/// <summary>Bytes per second of each kernel on one core, data in L2, best of several short runs.</summary>
internal static unsafe class KernelMeasurement
{
    private const int Lanes = 16;
    private const int Runs = 15;

    public static int Run()
    {
        if (Blake3Avx512.IsSupported) Measure("avx512", 16, Blake3Avx512.Hash16);
        if (Blake3Avx2.IsSupported) Measure("avx2", 8, Blake3Avx2.Hash8);
        if (Blake3V128.IsSupported) Measure("v128", 4, Blake3V128.Hash4);
        Measure("scalar", 1, Scalar);
        MeasureBao();
        foreach (var size in new[] { 1024, 4096, 16384, 65536, 262144, 1 << 20, 1 << 24 }) MeasureHash(size);
        return 0;
    }

    private delegate void Hash(byte* input, int count, in Blake3Job job, ulong counter, byte* output);

    private static void Measure(string name, int lanes, Hash hash)
    {
        var size = Lanes * Blake3Constants.ChunkSize;
        var input = GC.AllocateArray<byte>(size + 64, pinned: true);
        var output = GC.AllocateArray<byte>(Lanes * Blake3Constants.CvSize, pinned: true);
        var key = stackalloc uint[8];
        var job = new Blake3Job { Key = key, Blocks = 16, CounterStep = 1, FirstFlag = 1, LastFlag = 2 };
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            var aligned = (byte*)(((nuint)from + 63) & ~(nuint)63);
            var first = Stopwatch.GetTimestamp();
            hash(aligned, lanes, in job, 0, to);
            var firstCall = Stopwatch.GetElapsedTime(first);
            var best = double.MaxValue;
            for (var run = 0; run < Runs; run++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var pass = 0; pass < 500; pass++)
                {
                    for (var i = 0; i < Lanes; i += lanes) hash(aligned + i * 1024, lanes, in job, 0, to + i * 32);
                }
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / 500);
            }
            var compiled = firstCall.TotalMilliseconds;
            Console.WriteLine($"{name,-6} {size / best / 1e9,6:F2} GB/s  first call {compiled:F1} ms");
        }
    }

    private static void Scalar(byte* input, int count, in Blake3Job job, ulong counter, byte* output) =>
        Blake3Scalar.Hash1(input, in job, counter, output);

    private static void MeasureBao()
    {
        var content = new MemoryContent(new byte[1 << 24]);
        var size = content.Bytes.Length;
        var builder = new OutboardBuilder();
        var root = default(Hash256);
        byte[] parents = [];
        Print("outboard", size, Best(() =>
        {
            builder.Update(content.Bytes);
            parents = builder.Finish(out root);
        }));
        if (!Outboard.TryCreate(parents, out var outboard)) throw new InvalidOperationException("Not an outboard.");
        var encoding = new byte[size + parents.Length];
        var length = 0;
        var all = ByteRanges.All(size);
        Print("encode", size, Best(() => length = new BaoEncoder(root, size, outboard!, all, content).Read(encoding)));
        Print("decode", size, Best(() =>
        {
            var decoder = new BaoDecoder(root, size, all);
            var rest = encoding.AsSpan(0, length);
            while (decoder.Push(rest, out var consumed, out _) == BaoStatus.Leaf) rest = rest[consumed..];
            if (!decoder.IsDone) throw new InvalidOperationException("Not decoded.");
        }));
    }

    private static double Best(Action action)
    {
        var best = double.MaxValue;
        for (var run = 0; run < Runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static void Print(string name, int size, double seconds) =>
        Console.WriteLine($"bao {name,-9} {size / seconds / 1e9,6:F2} GB/s");

    private sealed class MemoryContent(byte[] bytes) : IContentReader
    {
        public byte[] Bytes => bytes;

        public void ReadAt(long offset, Span<byte> destination) =>
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    private static void MeasureHash(int size)
    {
        var input = new byte[size];
        var best = double.MaxValue;
        var passes = Math.Max(1, (1 << 23) / size);
        for (var run = 0; run < Runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var pass = 0; pass < passes; pass++) Blake3.Hash(input);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / passes);
        }
        Console.WriteLine($"Blake3.Hash of {size,9} bytes ({Blake3.KernelName}): {size / best / 1e9,6:F2} GB/s");
    }
}
