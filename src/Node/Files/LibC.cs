using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Omega.P2P.Node.Files;

/// <summary>
/// The calls of the C library that .NET does not offer: syncing folders, renaming without replacing, locks.
/// </summary>
internal static partial class LibC
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int CloseOnExec = 0x80000;
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int RenameNoReplace = 1;
    public const int CurrentFolder = -100;

    /// <summary>O_EXCL.</summary>
    public const int Exclusive = 0x80;

    /// <summary>F_SETFL.</summary>
    public const int SetFlags = 4;

    /// <summary>PROT_READ.</summary>
    public const int MapRead = 1;

    /// <summary>MAP_SHARED | MAP_POPULATE: one call instead of a fault every 64 KiB.</summary>
    public const int MapSharedPopulated = 0x8001;

    public const int Interrupted = 4;
    public const int Exists = 17;
    public const int InvalidArgument = 22;
    public const int NoSpace = 28;
    public const int NotImplemented = 38;
    public const int QuotaExceeded = 122;
    public const int WouldBlock = 11;

    /// <summary>MAP_FAILED.</summary>
    public static unsafe byte* MapFailed => (byte*)-1;

    /// <summary>O_DIRECTORY differs between processors.</summary>
    public static readonly int Directory =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x4000 : 0x10000;

    /// <summary>O_DIRECT differs as well, the other way around.</summary>
    public static readonly int Direct =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x10000 : 0x4000;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(int descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Rename(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static unsafe partial byte* Map(
        byte* at, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static unsafe partial int Unmap(byte* start, nuint length);

    /// <summary>15 asks a process to end.</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "getuid")]
    public static partial uint UserId();

    /// <summary>The exception for the error the last call left behind.</summary>
    public static IOException Failure(string doing, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        var message = $"{doing} {path}: {Marshal.GetPInvokeErrorMessage(error)}";
        return error is NoSpace or QuotaExceeded
            ? new Storage.Files.DiskFullException(message)
            : new IOException(message, error);
    }
}
