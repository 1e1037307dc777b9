using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Benchmarks.Hashing;

/// <summary>
/// <c>hash FILE [--threads N] [--read]</c>: hashes a file as <c>omega hash</c> does and prints the hash and the
/// seconds spent in this process, compilation of the kernels included, start of the runtime left out. The file is
/// mapped; with
/// <c>--read</c> it is read into buffers that fit L2.
/// </summary>
internal static class HashMeasurement
{
    private const int PieceSize = 256 * 1024;

    public static int Run(string[] args)
    {
        var threads = Option(args, "--threads", 1);
        var start = Stopwatch.GetTimestamp();
        using var file = File.OpenHandle(args[0], options: FileOptions.SequentialScan);
        var hash = args.Contains("--read") ? HashRead(file, threads) : HashMapped(file, threads);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var speed = RandomAccess.GetLength(file) / seconds / 1e9;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{hash} {seconds:F4} s {speed:F2} GB/s"));
        return 0;
    }

    public static int Option(string[] args, string name, int fallback)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? fallback : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }

    private static unsafe Hash256 HashMapped(SafeFileHandle file, int threads)
    {
        var length = RandomAccess.GetLength(file);
        using var map = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* bytes = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
        try
        {
            var first = bytes;
            return HashPieces(
                length, threads, i => Blake3Subtree.Of(new(first + i * PieceSize, PieceSize), i * PieceSize),
                (hasher, offset) => hasher.Update(new(first + offset, (int)(length - offset))));
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private static Hash256 HashRead(SafeFileHandle file, int threads)
    {
        var length = RandomAccess.GetLength(file);
        using var buffers = new ThreadLocal<byte[]>(() => GC.AllocateUninitializedArray<byte>(PieceSize));
        return HashPieces(
            length, threads,
            i =>
            {
                ReadAll(file, buffers.Value!, i * PieceSize);
                return Blake3Subtree.Of(buffers.Value!, i * PieceSize);
            },
            (hasher, offset) =>
            {
                var rest = buffers.Value.AsSpan(0, (int)(length - offset));
                ReadAll(file, rest, offset);
                hasher.Update(rest);
            });
    }

    private static Hash256 HashPieces(
        long length, int threads, Func<long, Blake3Subtree> hashPiece, Action<Blake3Hasher, long> hashRest)
    {
        var subtrees = new Blake3Subtree[length / PieceSize];
        var next = -1;
        var others = Enumerable.Range(1, threads - 1).Select(_ => new Thread(Work)).ToArray();
        foreach (var other in others) other.Start();
        Work();
        foreach (var other in others) other.Join();
        using var hasher = Blake3Hasher.Create();
        foreach (ref readonly var subtree in subtrees.AsSpan()) hasher.Append(in subtree);
        hashRest(hasher, (long)subtrees.Length * PieceSize);
        return hasher.Finish();

        void Work()
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < subtrees.Length) subtrees[i] = hashPiece(i);
        }
    }

    private static void ReadAll(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0) throw new EndOfStreamException();
            buffer = buffer[read..];
            offset += read;
        }
    }
}
