using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Node.Hashing;

/// <summary>Hashes a file or a stream; large files piece by piece, on several threads.</summary>
internal static class FileHasher
{
    /// <summary>Small enough to stay in a 1 MiB second-level cache beside the code that hashes it.</summary>
    private const int SequentialBufferSize = 512 * 1024;

    /// <summary>What a stream is read into where several threads hash it.</summary>
    private const int SharedBufferSize = 4 * 1024 * 1024;

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

        using var hasher = Blake3Hasher.Create();
        var bytes = PiecewiseHasher.Hash(handle, RandomAccess.GetLength(handle), hasher, scheduler.Degree, map, cancel);
        // A file may grow meanwhile, and some say that they are empty: the end is where a read says so.
        var left = (int)Math.Clamp(RandomAccess.GetLength(handle) - bytes + 1, 4096, SequentialBufferSize);
        var buffer = GC.AllocateUninitializedArray<byte>(left);
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
        var size = scheduler.Degree > 1 ? SharedBufferSize : SequentialBufferSize;
        var buffer = GC.AllocateUninitializedArray<byte>(size);
        long bytes = 0;
        for (int read; (read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0; bytes += read)
        {
            cancel.ThrowIfCancellationRequested();
            hasher.Update(buffer.AsMemory(0, read), scheduler);
        }

        return (hasher.Finish(), bytes);
    }
}
