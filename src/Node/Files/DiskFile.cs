using Microsoft.Win32.SafeHandles;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Files;

/// <summary>One file of the disk, by positional reads and writes; appends from one thread at a time.</summary>
internal sealed class DiskFile(SafeFileHandle handle, string path) : IFile
{
    private long _length = RandomAccess.GetLength(handle);

    public long Length => Volatile.Read(ref _length);

    public int ReadAt(long offset, Span<byte> destination)
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
            RandomAccess.Write(handle, bytes, at);
        }
        catch (IOException e)
        {
            throw Named(e, path);
        }

        Volatile.Write(ref _length, at + bytes.Length);
    }

    public void Sync()
    {
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            while (LibC.SyncData((int)handle.DangerousGetHandle()) != 0)
            {
                if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != LibC.Interrupted)
                    throw LibC.Failure("sync", path);
            }
        }
        finally
        {
            if (added) handle.DangerousRelease();
        }
    }

    public void Truncate(long length)
    {
        RandomAccess.SetLength(handle, length);
        Volatile.Write(ref _length, length);
    }

    public void Dispose() => handle.Dispose();

    /// <summary>A full device by its own name, everything else with the path.</summary>
    internal static IOException Named(IOException failure, string path) =>
        failure.HResult is LibC.NoSpace or LibC.QuotaExceeded
        ? new DiskFullException($"{path}: {failure.Message}", failure)
        : new IOException($"{path}: {failure.Message}", failure);
}
