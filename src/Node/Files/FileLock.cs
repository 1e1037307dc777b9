using System.Runtime.InteropServices;

namespace Omega.P2P.Node.Files;

/// <summary>
/// An exclusive flock on a file, which is made where absent and stays; freed on disposal or the process's end.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private int _descriptor;

    private FileLock(int descriptor) => _descriptor = descriptor;

    /// <summary>Null where another holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        var descriptor = LibC.Open(path, LibC.ReadWrite | LibC.Create | LibC.CloseOnExec, 384 /* 0600 */);
        if (descriptor < 0) throw LibC.Failure("open", path);
        if (LibC.Lock(descriptor, LibC.LockExclusive | LibC.LockNonBlocking) == 0) return new FileLock(descriptor);
        var failure = Marshal.GetLastPInvokeError() == LibC.WouldBlock ? null : LibC.Failure("lock", path);
        _ = LibC.Close(descriptor);
        return failure is null ? null : throw failure;
    }

    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0) _ = LibC.Close(descriptor);
    }
}
