using System.Runtime.InteropServices;
using System.Text;
using Omega.P2P.Node.Files;

namespace Omega.P2P.Node.Packages;

/// <summary>
/// The calls that walk and build a tree below an open folder and never through a symbolic link: names are single, and
/// every opening refuses links.
/// </summary>
internal static partial class PathCalls
{
    /// <summary>AT_SYMLINK_NOFOLLOW.</summary>
    private const int NoFollow = 0x100;

    /// <summary>AT_EMPTY_PATH: the descriptor itself.</summary>
    private const int EmptyPath = 0x1000;

    private const int WriteOnly = 1;
    private const int Exclusive = 0x80;
    private const int NonBlocking = 0x800;

    /// <summary>O_NOFOLLOW differs between processors, as O_DIRECTORY does.</summary>
    private static readonly int RefuseLinks =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x8000 : 0x20000;

    public static int OpenFolder(string path) =>
        Require(LibC.Open(path, LibC.ReadOnly | LibC.Directory | LibC.CloseOnExec, 0), "opening", path);

    public static int OpenFolderAt(int folder, string name) => Require(
        OpenAt(folder, name, LibC.ReadOnly | LibC.Directory | RefuseLinks | LibC.CloseOnExec, 0), "opening", name);

    /// <summary>For reading; a pipe does not block, a link is refused.</summary>
    public static int OpenFileAt(int folder, string name) => Require(
        OpenAt(folder, name, LibC.ReadOnly | RefuseLinks | NonBlocking | LibC.CloseOnExec, 0), "opening", name);

    /// <summary>A file that must not be there yet, mode 0600.</summary>
    public static int CreateFileAt(int folder, string name) => Require(
        OpenAt(folder, name, WriteOnly | LibC.Create | Exclusive | RefuseLinks | LibC.CloseOnExec, 0x180), "creating",
        name);

    /// <summary>A folder that must not be there yet, mode 0700.</summary>
    public static void CreateFolderAt(int folder, string name) =>
        Require(MakeFolder(folder, name, 0x1c0), "creating", name);

    public static void CreateLinkAt(string target, int folder, string name) =>
        Require(MakeLink(target, folder, name), "linking", name);

    public static void SetMode(int descriptor, int mode) => Require(ChangeMode(descriptor, mode), "setting mode", "");

    /// <summary>Makes everything of the file system that the descriptor lies on durable.</summary>
    public static void SyncAll(int descriptor) => Require(SyncFileSystem(descriptor), "syncing", "");

    public static Stat StatAt(int folder, string name) => StatOf(folder, name, NoFollow);

    /// <summary>What a path names in the end, links followed.</summary>
    public static Stat StatOf(string path) => StatOf(LibC.CurrentFolder, path, 0);

    public static Stat StatOpen(int descriptor) => StatOf(descriptor, "", EmptyPath);

    /// <summary>Bytes read; fewer than asked only at the end.</summary>
    public static unsafe int ReadFully(int descriptor, Span<byte> buffer)
    {
        var filled = 0;
        fixed (byte* start = buffer)
        {
            while (filled < buffer.Length)
            {
                var read = Read(descriptor, start + filled, (nuint)(buffer.Length - filled));
                if (read == 0) break;
                if (read < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted) continue;
                filled += (int)Require(read, "reading");
            }
        }

        return filled;
    }

    public static unsafe void WriteFully(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var written = Write(descriptor, start + at, (nuint)(bytes.Length - at));
                if (written < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted) continue;
                at += (int)Require(written, "writing");
            }
        }
    }

    /// <summary>What a link says. Names that are not UTF-8 are refused by the caller, who sees U+FFFD.</summary>
    public static unsafe string ReadLinkAt(int folder, string name)
    {
        var buffer = stackalloc byte[4097];
        var length = (int)Require(ReadLink(folder, name, buffer, 4097), "reading link");
        return Encoding.UTF8.GetString(buffer, length);
    }

    private static unsafe Stat StatOf(int folder, string name, int flags)
    {
        var raw = stackalloc byte[Stat.RawSize];
        Require(Statx(folder, name, flags, Stat.Wanted, raw), "looking at", name);
        return Stat.Of(new ReadOnlySpan<byte>(raw, Stat.RawSize));
    }

    private static int Require(int result, string doing, string path) =>
        result >= 0 ? result : throw LibC.Failure(doing, path);

    private static nint Require(nint result, string doing) => result >= 0 ? result : throw LibC.Failure(doing, "");

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenAt(int folder, string name, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MakeFolder(int folder, string name, int mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MakeLink(string target, int folder, string name);

    [LibraryImport("libc", EntryPoint = "readlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static unsafe partial nint ReadLink(int folder, string name, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static unsafe partial int Statx(int folder, string name, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeMode(int descriptor, int mode);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint Write(int descriptor, byte* buffer, nuint count);
}
