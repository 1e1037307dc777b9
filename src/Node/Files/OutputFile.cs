using Omega.P2P.Node.Output;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Node.Files;

/// <summary>
/// A file that appears whole or not at all: bytes go to a temporary neighbour, which is synced and renamed by
/// <see cref="Commit"/>. Disposed before that, nothing of it stays. `-` is stdout, where bytes are gone once written.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const UnixFileMode NewFileMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly string _target;
    private readonly string? _temporary;
    private readonly bool _replace;
    private bool _committed;

    private OutputFile(string target, string? temporary, bool replace, Stream stream)
    {
        _target = target;
        _temporary = temporary;
        _replace = replace;
        Stream = stream;
    }

    public Stream Stream { get; }

    public bool IsStandardOutput => _temporary is null;

    /// <exception cref="OmegaException">
    /// The file is there and <paramref name="replace"/> was not asked for, or it is a folder.
    /// </exception>
    public static OutputFile Create(string path, bool replace)
    {
        if (path == "-") return new OutputFile(path, null, replace, Console.OpenStandardOutput());
        var target = Path.GetFullPath(path);
        Refuse(target, path, replace);
        var folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
            throw OmegaException.Usage($"there is no folder {folder}", "output", $"mkdir -p '{folder}'");
        var temporary = Path.Combine(folder, $".omega-{Environment.ProcessId}-{Guid.NewGuid():N}.part");
        IFile file = OperatingSystem.IsLinux()
            ? BulkFile.Create(temporary, NewFileMode)
            : new DiskFile(File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.ReadWrite), temporary);
        return new OutputFile(target, temporary, replace, new AppendingStream(file));
    }

    /// <summary>Makes the bytes durable and gives them their name.</summary>
    public void Commit()
    {
        Stream.Flush();
        if (_temporary is null) return;
        ((AppendingStream)Stream).Sync();
        Stream.Dispose();
        Refuse(_target, _target, _replace);
        File.Move(_temporary, _target, _replace);
        _committed = true;
        DiskFileSystem.SyncFolder(Path.GetDirectoryName(_target)!);
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (_temporary is not null && !_committed) File.Delete(_temporary);
    }

    private static void Refuse(string target, string shown, bool replace)
    {
        if (Directory.Exists(target))
            throw OmegaException.Usage($"{shown} is a folder", "output", "name a file with -o");
        if (File.Exists(target) && !replace)
            throw new OmegaException(ExitCode.Refused, "file_exists", $"{shown} is there already")
            {
                Hint = "--force replaces it",
                Field = "output",
            };
    }
}
