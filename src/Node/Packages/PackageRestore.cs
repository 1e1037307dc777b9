using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Packages;

/// <summary>
/// A tree from a package. It grows in a fresh folder (0700) beside its target, by calls relative to open folders that
/// refuse symbolic links, each name created by us; links come last, so nothing is ever written through one. Everything
/// is synced, then the folder gets its name, which must be free.
/// </summary>
internal sealed class PackageRestore(Action<ContentId, Stream> read, Terminal terminal, CancellationToken cancel)
{
    private const int OpenMax = 256;

    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private HashSet<string> _listed = [];

    /// <exception cref="OmegaException">The target is there; a link may leave the tree; bytes do not hash to their id.
    /// </exception>
    public void Write(PackageManifest manifest, string path, bool allowOutsideLinks)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.Exists(target))
            throw new OmegaException(ExitCode.Refused, "file_exists", $"{path} is there already")
            {
                Hint = "name a folder that is not",
                Field = "output",
            };
        RefuseLinks(manifest, allowOutsideLinks);
        var parent = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(parent))
            throw OmegaException.Usage($"there is no folder {parent}", "output", $"mkdir -p '{parent}'");
        var temporary = Path.Combine(parent, $".omega-{Environment.ProcessId}-{Guid.NewGuid():N}.part");
        Directory.CreateDirectory(temporary,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            Fill(manifest, PathCalls.OpenFolder(temporary));
            if (LibC.Rename(LibC.CurrentFolder, temporary, LibC.CurrentFolder, target, LibC.RenameNoReplace) != 0)
                throw LibC.Failure("naming", target);
            DiskFileSystem.SyncFolder(parent);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static void RefuseLinks(PackageManifest manifest, bool allowOutsideLinks)
    {
        if (allowOutsideLinks || manifest.Links.FirstOrDefault(link => !link.StaysInside) is not { } link) return;
        throw new OmegaException(ExitCode.Refused, "link_leaves",
            $"the link {Table.Printable(link.Path)} → {Table.Printable(link.Target)} may lead outside the folder")
        {
            Hint = "--outside-links restores it all the same",
            Field = link.Path,
        };
    }

    private void Fill(PackageManifest manifest, int root)
    {
        try
        {
            _open[""] = root;
            _listed = [.. manifest.Folders.Select(folder => folder.Path)];
            var done = 0;
            foreach (var folder in manifest.Folders) FolderOf(folder.Path);
            foreach (var file in manifest.Files)
            {
                cancel.ThrowIfCancellationRequested();
                WriteFile(file);
                terminal.Progress($"writing {++done} of {manifest.Files.Length} files");
            }

            foreach (var link in manifest.Links)
                PathCalls.CreateLinkAt(link.Target, FolderOf(ParentOf(link.Path)), NameOf(link.Path));
            // Deepest first: whoever loses the right to a folder needs it no more.
            foreach (var folder in manifest.Folders.Reverse()) PathCalls.SetMode(FolderOf(folder.Path), folder.Mode);
            PathCalls.SetMode(root, PackageManifest.FolderModeDefault);
            PathCalls.SyncAll(root);
        }
        finally
        {
            foreach (var descriptor in _open.Values) LibC.Close(descriptor);
            _open.Clear();
        }
    }

    private void WriteFile(PackageFile file)
    {
        var descriptor = PathCalls.CreateFileAt(FolderOf(ParentOf(file.Path)), NameOf(file.Path));
        try
        {
            using var stream = new HashedOutput(descriptor);
            if (file.Size > 0) read(file.Content, stream);
            if (stream.Finish() != file.Content || stream.Bytes != file.Size)
                throw new OmegaException(ExitCode.VerificationFailed, "wrong_bytes",
                    $"the bytes of {Table.Printable(file.Path)} are not {file.Content}; nothing was written");
            PathCalls.SetMode(descriptor, file.Mode);
        }
        finally
        {
            LibC.Close(descriptor);
        }
    }

    /// <summary>An open folder, made with those above it on first use: 0755, and 0700 where the manifest says a mode,
    /// which it gets when nothing has to be written to it any more.</summary>
    private int FolderOf(string path)
    {
        if (_open.TryGetValue(path, out var known)) return known;
        var parent = FolderOf(ParentOf(path));
        var isNew = _made.Add(path);
        if (isNew) PathCalls.CreateFolderAt(parent, NameOf(path));
        var opened = PathCalls.OpenFolderAt(parent, NameOf(path));
        if (_open.Count >= OpenMax) CloseBut(path);
        _open[path] = opened;
        if (isNew && !_listed.Contains(path)) PathCalls.SetMode(opened, PackageManifest.FolderModeDefault);
        return opened;
    }

    /// <summary>Closes all folders but those above a path.</summary>
    private void CloseBut(string path)
    {
        foreach (var (other, descriptor) in _open.ToList())
        {
            if (other.Length == 0 || path.StartsWith(other + "/", StringComparison.Ordinal)) continue;
            LibC.Close(descriptor);
            _open.Remove(other);
        }
    }

    private static string ParentOf(string path) =>
        path.LastIndexOf('/') is var slash && slash < 0 ? "" : path[..slash];

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private sealed class HashedOutput(int descriptor) : Stream
    {
        private readonly Blake3Hasher _hasher = Blake3Hasher.Create();

        public long Bytes { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public ContentId Finish() => ContentId.From(_hasher.Finish());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hasher.Update(buffer);
            PathCalls.WriteFully(descriptor, buffer);
            Bytes += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // Nothing is buffered.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) _hasher.Dispose();
            base.Dispose(disposing);
        }
    }
}
