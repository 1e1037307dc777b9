using Microsoft.Win32.SafeHandles;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>
/// Hashes a file or a stream. A file is mapped, unless that is not wanted; what cannot be mapped is read into a buffer
/// that stays in the processor's second-level cache and hashed there.
/// </summary>
internal static class FileHasher
{
    /// <summary>Small enough to stay in a 1 MiB second-level cache beside the code that hashes it.</summary>
    private const int SequentialBufferSize = 512 * 1024;

    private const int PieceSize = 1024 * 1024;

    /// <summary>
    /// Compiles the kernels, so that the first file's figure is that of the hash and not of the runtime's start.
    /// </summary>
    public static void WarmUp()
    {
        var sample = new byte[64 * 1024];
        _ = Blake3.Hash(sample);
        _ = Blake3Subtree.Of(sample, 0);
    }

    public static (Hash256 Hash, long Bytes) Hash(
        string path, IParallelScheduler scheduler, bool map, CancellationToken cancel)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
            FileOptions.SequentialScan);
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (!stream.CanSeek) return Hash(stream, scheduler, cancel);

        var length = RandomAccess.GetLength(handle);
        if (map && length >= MappedFileHasher.LengthMin)
            return (MappedFileHasher.Hash(handle, length, scheduler.Degree, cancel), length);

        using var hasher = Blake3Hasher.Create();
        var bytes = scheduler.Degree > 1 && length >= 2 * PieceSize
            ? ReadSideBySide(handle, length, hasher, scheduler, cancel)
            : 0;
        var left = (int)Math.Clamp(length - bytes + 1, 4096, SequentialBufferSize);
        var buffer = GC.AllocateUninitializedArray<byte>(left);
        // A file may grow or shrink while it is read: the end is where a read says so.
        for (int read; (read = RandomAccess.Read(handle, buffer, bytes)) > 0; bytes += read)
        {
            cancel.ThrowIfCancellationRequested();
            hasher.Update(buffer.AsSpan(0, read));
        }

        return (hasher.Finish(), bytes);
    }

    public static (Hash256 Hash, long Bytes) Hash(Stream stream, IParallelScheduler scheduler, CancellationToken cancel)
    {
        using var hasher = Blake3Hasher.Create();
        var buffer = GC.AllocateUninitializedArray<byte>(scheduler.Degree > 1 ? 4 * PieceSize : SequentialBufferSize);
        long bytes = 0;
        for (int read; (read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0; bytes += read)
        {
            cancel.ThrowIfCancellationRequested();
            hasher.Update(buffer.AsMemory(0, read), scheduler);
        }

        return (hasher.Finish(), bytes);
    }

    private static long ReadSideBySide(SafeFileHandle handle, long length, Blake3Hasher hasher,
        IParallelScheduler scheduler, CancellationToken cancel)
    {
        var pieces = (int)Math.Min(length / PieceSize, 4L * scheduler.Degree);
        var buffer = GC.AllocateUninitializedArray<byte>(pieces * PieceSize);
        var got = new int[pieces];
        long at = 0;
        while (length - at >= buffer.Length)
        {
            cancel.ThrowIfCancellationRequested();
            var start = at;
            scheduler.Run(pieces, i => got[i] = ReadFull(handle, buffer.AsSpan(i * PieceSize, PieceSize),
                start + (long)i * PieceSize));
            if (got.AsSpan().IndexOfAnyExcept(PieceSize) >= 0) break;
            hasher.Update(buffer, scheduler);
            at += buffer.Length;
        }

        return at;
    }

    private static int ReadFull(SafeFileHandle handle, Span<byte> into, long offset)
    {
        var total = 0;
        while (total < into.Length)
        {
            var read = RandomAccess.Read(handle, into[total..], offset + total);
            if (read == 0) break;
            total += read;
        }

        return total;
    }
}
