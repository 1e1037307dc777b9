namespace Omega.P2P.Storage.Files;

/// <summary>
/// A disk in memory that forgets like a real one: bytes are lost unless their file was synced, names unless their
/// folder was. Failures are injected by call number, chance comes from a seed, so that a crash at every single call can
/// be played again. Calls that only read are counted, and made to fail, by themselves. Thread-safe.
/// </summary>
public sealed partial class MemoryFileSystem : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private MemoryFolder _root = new();
    private int _life;

    /// <summary>Bytes the device holds; appends beyond it fail with <see cref="DiskFullException"/>.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Bytes that appends have brought.</summary>
    public long BytesAppended { get; private set; }

    /// <summary>File and folder syncs so far.</summary>
    public int Syncs { get; private set; }

    /// <summary>
    /// Loses power and comes back: open handles and locks are dead, unsynced changes survive as
    /// <paramref name="outcome"/> says. Pending faults are forgotten.
    /// </summary>
    /// <param name="outcome">What happens to unsynced bytes and names.</param>
    /// <param name="seed">Decides under <see cref="CrashOutcome.Torn"/>.</param>
    public void Crash(CrashOutcome outcome, ulong seed = 1)
    {
        lock (_gate)
        {
            _life++;
            ForgetFaults();
            _locks.Clear();
            var state = seed * 0x9E3779B97F4A7C15UL + 1;
            CrashFolder(_root, outcome, ref state, []);
        }
    }

    /// <summary>A second disk with what the process sees on this one, all of it durable: a backup, or a copied
    /// home.</summary>
    public MemoryFileSystem Copy()
    {
        lock (_gate)
        {
            return new MemoryFileSystem { _root = _root.Copy([]), Capacity = Capacity };
        }
    }

    /// <summary>Changes one durable byte of a file, as rot does.</summary>
    public void Flip(string path, long offset, byte mask = 1)
    {
        lock (_gate)
        {
            RequireFile(path).Flip(offset, mask);
        }
    }

    /// <inheritdoc/>
    public IFile Open(string path, FileOpenMode mode)
    {
        var isNew = mode is FileOpenMode.CreateNew or FileOpenMode.CreateBulk;
        Linger(isNew ? "create" : "open", path);
        lock (_gate)
        {
            if (!isNew)
            {
                EnterRead("open", path);
                return new MemoryFile(this, path, RequireFile(path), _life);
            }

            Enter("create", path, null);
            var (folder, name) = RequireParent(path);
            if (folder.Entries.ContainsKey(name))
            {
                throw new IOException($"{path} exists");
            }

            var inode = new MemoryInode();
            folder.Put(name, inode);
            return new MemoryFile(this, path, inode, _life);
        }
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        Linger("mkdir", path);
        lock (_gate)
        {
            RequirePower();
            if (Find(path) is MemoryFolder)
            {
                return;
            }

            Enter("mkdir", path, null);
            var folder = _root;
            foreach (var part in Parts(path))
            {
                if (!folder.Entries.TryGetValue(part, out var entry))
                {
                    folder.Put(part, entry = new MemoryFolder());
                }

                folder = entry as MemoryFolder ?? throw new IOException($"{part} in {path} is a file");
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        lock (_gate)
        {
            EnterRead("list", path);
            return Find(path) is MemoryFolder folder ? [.. folder.Entries.Keys] : [];
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        lock (_gate)
        {
            RequirePower();
            return Find(path) is not null;
        }
    }

    /// <inheritdoc/>
    public long Length(string path)
    {
        lock (_gate)
        {
            EnterRead("length", path);
            return RequireFile(path).Length;
        }
    }

    /// <inheritdoc/>
    public void RenameNoReplace(string from, string to)
    {
        Linger("rename", to);
        lock (_gate)
        {
            Enter("rename", to, null);
            var inode = RequireFile(from);
            AddName(to, inode);
            var (folder, name) = RequireParent(from);
            folder.Remove(name);
        }
    }

    /// <inheritdoc/>
    public void Link(string existing, string name)
    {
        Linger("link", name);
        lock (_gate)
        {
            Enter("link", name, null);
            AddName(name, RequireFile(existing));
        }
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        Linger("delete", path);
        lock (_gate)
        {
            RequirePower();
            var entry = Find(path);
            if (entry is null)
            {
                return;
            }

            Enter("delete", path, null);
            if (entry is MemoryFolder { Entries.Count: > 0 })
            {
                throw new IOException($"{path} is not empty");
            }

            var (folder, name) = RequireParent(path);
            folder.Remove(name);
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        Linger("syncdir", path);
        lock (_gate)
        {
            var isLost = Enter("syncdir", path, null);
            Syncs++;
            if (Find(path) is not MemoryFolder folder)
            {
                throw new DirectoryNotFoundException(path);
            }

            if (!isLost && !IgnoreSyncs)
            {
                folder.Sync();
            }
        }
    }

    /// <inheritdoc/>
    public long FreeSpace()
    {
        lock (_gate)
        {
            RequirePower();
            return Math.Max(0, Capacity - Used(_root));
        }
    }

    /// <inheritdoc/>
    public IDisposable? TryLock(string path)
    {
        lock (_gate)
        {
            RequirePower();
            return _locks.Add(path) ? new HeldLock(this, path, _life) : null;
        }
    }

    private static string[] Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static long Used(MemoryFolder folder)
    {
        long sum = 0;
        foreach (var entry in folder.Entries.Values)
        {
            sum += entry is MemoryFolder child ? Used(child) : ((MemoryInode)entry).Length;
        }

        return sum;
    }

    private static void CrashFolder(
        MemoryFolder folder, CrashOutcome outcome, ref ulong state, HashSet<MemoryInode> done)
    {
        var names = new bool[folder.UnsyncedCount];
        Survive(names, outcome, ref state);
        folder.Crash(names);
        foreach (var entry in folder.Entries.Values)
        {
            if (entry is MemoryFolder child)
            {
                CrashFolder(child, outcome, ref state, done);
            }
            else if (entry is MemoryInode inode && done.Add(inode))
            {
                CrashFile(inode, outcome, ref state);
            }
        }
    }

    private static void CrashFile(MemoryInode inode, CrashOutcome outcome, ref ulong state)
    {
        switch (outcome)
        {
            case CrashOutcome.KeepUnsynced:
                inode.KeepAll();
                return;
            case CrashOutcome.LoseUnsynced:
                inode.Crash(kept: 0, [], losesCut: true);
                return;
        }

        var kept = (int)(Next(ref state) % (ulong)(inode.UnsyncedLength + 1));
        var sectors = new bool[MemoryInode.SectorsOf(kept)];
        if (outcome == CrashOutcome.Reordered)
        {
            Survive(sectors, outcome, ref state);
        }
        else
        {
            var whole = Math.Max(0, sectors.Length - (int)(Next(ref state) % 4));
            sectors.AsSpan(0, whole).Fill(true);
        }

        inode.Crash(kept, sectors, losesCut: Next(ref state) % 2 == 0);
    }

    /// <summary>Which of so many unsynced changes, in their order, a power loss leaves.</summary>
    private static void Survive(Span<bool> changes, CrashOutcome outcome, ref ulong state)
    {
        switch (outcome)
        {
            case CrashOutcome.LoseUnsynced:
                return;
            case CrashOutcome.Reordered:
                for (var i = 0; i < changes.Length; i++)
                {
                    changes[i] = Next(ref state) % 2 == 0;
                }

                return;
            default:
                var all = changes.Length;
                var kept = outcome == CrashOutcome.KeepUnsynced ? all : (int)(Next(ref state) % (ulong)(all + 1));
                changes[..kept].Fill(true);
                return;
        }
    }

    private static ulong Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    private void AddName(string path, MemoryInode inode)
    {
        var (folder, name) = RequireParent(path);
        if (folder.Entries.ContainsKey(name))
        {
            throw new IOException($"{path} exists");
        }

        folder.Put(name, inode);
    }

    private object? Find(string path)
    {
        object entry = _root;
        foreach (var part in Parts(path))
        {
            if (entry is not MemoryFolder folder || !folder.Entries.TryGetValue(part, out var next))
            {
                return null;
            }

            entry = next;
        }

        return entry;
    }

    private MemoryInode RequireFile(string path) =>
        Find(path) as MemoryInode ?? throw new FileNotFoundException("no such file", path);

    private (MemoryFolder Folder, string Name) RequireParent(string path)
    {
        var slash = path.LastIndexOf('/');
        var parent = slash < 0 ? "" : path[..slash];
        return Find(parent) is MemoryFolder folder
            ? (folder, path[(slash + 1)..])
            : throw new DirectoryNotFoundException(parent);
    }

    private sealed class HeldLock(MemoryFileSystem owner, string path, int life) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
            {
                if (life == owner._life)
                {
                    owner._locks.Remove(path);
                }
            }
        }
    }

    private sealed class MemoryFile(MemoryFileSystem owner, string path, MemoryInode inode, int life) : IFile
    {
        private bool _closed;

        public long Length
        {
            get
            {
                lock (owner._gate)
                {
                    RequireLive();
                    return inode.Length;
                }
            }
        }

        public int ReadAt(long offset, Span<byte> destination)
        {
            lock (owner._gate)
            {
                RequireLive();
                owner.EnterRead("read", path);
                return inode.ReadAt(offset, destination);
            }
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            owner.Linger("append", path);
            lock (owner._gate)
            {
                RequireLive();
                var firstHalf = owner._faults.ContainsKey(owner.Calls + 1) ? bytes[..(bytes.Length / 2)].ToArray() : [];
                owner.Enter("append", path, () => inode.Append(firstHalf));
                var free = owner.Capacity == long.MaxValue ? long.MaxValue : owner.Capacity - Used(owner._root);
                if (bytes.Length > free)
                {
                    inode.Append(bytes[..(int)Math.Max(0, free)]);
                    throw new DiskFullException($"no space for {path}");
                }

                inode.Append(bytes);
                owner.BytesAppended += bytes.Length;
            }
        }

        public void Sync()
        {
            owner.Linger("sync", path);
            lock (owner._gate)
            {
                RequireLive();
                var isLost = owner.Enter("sync", path, null);
                owner.Syncs++;
                if (!isLost && !owner.IgnoreSyncs)
                {
                    inode.Sync();
                }
            }
        }

        public void Truncate(long length)
        {
            owner.Linger("truncate", path);
            lock (owner._gate)
            {
                RequireLive();
                owner.Enter("truncate", path, null);
                inode.Truncate(length);
            }
        }

        public void Dispose() => _closed = true;

        private void RequireLive()
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            owner.RequirePower();
            if (life != owner._life)
            {
                throw new IOException($"{path} was open when the power went");
            }
        }
    }
}
