using Microsoft.Win32.SafeHandles;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Files;

/// <summary>One file of the disk, by positional reads and writes; appends from one thread at a time.</summary>
internal sealed class DiskFile(SafeFileHandle handle, string path) : IFile
{
    /// <summary>Writes of 4 MiB and more are several times slower than smaller ones (ext4, measured).</summary>
    private const int WriteSize = 1024 * 1024;

    private long _length = RandomAccess.GetLength(handle);

    public long Length => Volatile.Read(ref _length);

    public int ReadAt(long offset, Span<byte> destination) => ReadAt(handle, offset, destination);

    /// <summary>Reads until the span is full or the file ends.</summary>
    internal static int ReadAt(SafeFileHandle handle, long offset, Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var read = RandomAccess.Read(handle, destination[total..], offset + total);
            if (read == 0) break;
            total += read;
        }

        return total;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var at = _length;
        try
        {
            for (var done = 0; done < bytes.Length; done += WriteSize)
                RandomAccess.Write(handle, bytes.Slice(done, Math.Min(WriteSize, bytes.Length - done)), at + done);
        }
        catch (IOException e)
        {
            throw Named(e, path);
        }

        Volatile.Write(ref _length, at + bytes.Length);
    }

    public void Sync() => Sync(handle, path);

    /// <summary>fdatasync.</summary>
    internal static void Sync(SafeFileHandle handle, string path)
    {
        while (WithDescriptor(handle, LibC.SyncData) != 0)
        {
            if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != LibC.Interrupted)
                throw LibC.Failure("sync", path);
        }
    }

    public void Truncate(long length)
    {
        RandomAccess.SetLength(handle, length);
        Volatile.Write(ref _length, length);
    }

    public void Dispose() => handle.Dispose();

    /// <summary>Calls the C library with the handle's descriptor, which stays open meanwhile.</summary>
    internal static int WithDescriptor(SafeFileHandle handle, Func<int, int> call)
    {
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            return call((int)handle.DangerousGetHandle());
        }
        finally
        {
            if (added) handle.DangerousRelease();
        }
    }

    /// <summary>A full device by its own name, everything else with the path.</summary>
    internal static IOException Named(IOException failure, string path) =>
        failure.HResult is LibC.NoSpace or LibC.QuotaExceeded
        ? new DiskFullException($"{path}: {failure.Message}", failure)
        : new IOException($"{path}: {failure.Message}", failure);
}
