using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Recovery;

namespace Omega.P2P.Storage;

/// <summary>
/// One domain on disk: its artifacts, their bytes, its history. Everything acknowledged survives a power loss;
/// everything
/// else leaves no trace (law 4). Thread-safe; no threads, clock or randomness of its own. The layout is in
/// <c>docs/FORMATS.md</c>.
/// </summary>
public sealed partial class DomainStore : IDisposable
{
    private const string LockPath = "lock";

    private readonly StoreCore _core;
    private readonly StoreState _state;
    private readonly StoreKeys _keys;
    private readonly LocalLog _log;
    private readonly IDisposable _lock;
    private readonly BlockFolderCheck _folders;
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly HashSet<ArtifactKey> _keysInFlight = [];
    private readonly PutQueue _puts;
    private string? _readOnlyReason;
    private bool _isDamaged;
    private long _lastPutRunningMs;

    private DomainStore(
        StoreCore core, StoreState state, StoreKeys keys, LocalLog log, BlockFolderCheck folders, IDisposable held)
    {
        _core = core;
        _state = state;
        _keys = keys;
        _log = log;
        _folders = folders;
        _lock = held;
        _puts = new PutQueue(AdmitTogether);
        _indexing = new WorkBeside(core.Scheduler);
        _moving = new WorkBeside(core.Scheduler);
        _settling = new WorkBeside(core.Scheduler);
    }

    /// <summary>Hash of the genesis manifest's payload.</summary>
    public DomainId DomainId => _state.DomainId;

    /// <summary>The name the owner proposes.</summary>
    public string DomainName => _state.DomainName;

    /// <summary>Signed manifests, genesis first.</summary>
    public IReadOnlyList<byte[]> DamChain
    {
        get
        {
            lock (_core.State)
            {
                return [.. _state.Dams];
            }
        }
    }

    /// <summary>Whether writes are refused.</summary>
    public bool ReadOnly => _readOnlyReason is not null;

    /// <summary>Why writes are refused; null where they are not.</summary>
    public string? ReadOnlyReason => _readOnlyReason;

    /// <summary>Whether opening found the log damaged: read-only for good, a new epoch does not lift it.</summary>
    public bool IsDamaged => _isDamaged;

    /// <summary>Blocks that should be on this disk and are not: of those that opening, and since then the idle store,
    /// has looked at.</summary>
    public int BlocksMissing => _folders.BlocksMissing;

    /// <summary>Figures of the moment.</summary>
    public StoreStats Stats
    {
        get
        {
            lock (_core.State)
            {
                var blocks = _core.Chunks.Totals;
                return new StoreStats
                {
                    Artifacts = (int)_core.Artifacts.Count,
                    Blocks = (int)(blocks.Count - blocks.Away),
                    BlocksEvicted = (int)blocks.Away,
                    BlockBytes = blocks.BytesHere,
                    PendingBytes = _core.Pending.TotalBytes,
                    LogRecords = _log.NextNumber - 1,
                    LogBytes = _log.Length,
                    LogCommits = _log.Commits,
                };
            }
        }
    }

    /// <summary>Whether a domain was created at the port's root.</summary>
    public static bool Exists(IFileSystem fs)
    {
        ArgumentNullException.ThrowIfNull(fs);
        return LocalLog.Exists(fs);
    }

    /// <summary>Makes a domain. A creation that a crash cut short can simply be repeated.</summary>
    /// <param name="fs">Port whose root is the domain's folder.</param>
    /// <param name="o">Name, chance, threads, bounds.</param>
    /// <param name="keys">Kept for the life of the store.</param>
    /// <param name="genesisDam">Signed genesis manifest.</param>
    /// <param name="now">Recorded nowhere yet; the log's first record carries the manifest's own time.</param>
    /// <exception cref="LockedException">Another process works on it.</exception>
    /// <exception cref="StoreRefusedException"><c>store-exists</c>, <c>dam-malformed</c>.</exception>
    public static DomainStore Create(
        IFileSystem fs, StoreOptions o, StoreKeys keys, byte[] genesisDam, Instant now)
    {
        ArgumentNullException.ThrowIfNull(fs);
        ArgumentNullException.ThrowIfNull(o);
        ArgumentNullException.ThrowIfNull(genesisDam);
        var held = fs.TryLock(LockPath) ?? throw new LockedException();
        try
        {
            if (LocalLog.Exists(fs))
            {
                throw new StoreRefusedException("store-exists", "there is a domain here already");
            }

            var core = new StoreCore(fs, o);
            core.Blocks.CreateFolders();
            fs.CreateDirectory(LocalLog.Folder);
            fs.SyncDirectory("");
            var state = new StoreState(core, o);
            LocalLog? log = null;
            Begin(state, o.DomainName, genesisDam, items => log = LocalLog.Create(fs, o.Limits, items));
            core.Artifacts.Entries.Log = log;
            return new DomainStore(core, state, keys, log!, new BlockFolderCheck(core), held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens a domain: replays the log, reads block directories, removes what was never acknowledged. Bytes of
    /// blocks are not read. Where a log record is damaged the store opens read-only; where the disk has no room for
    /// what recovery writes, the reserve is given up for it.</summary>
    /// <exception cref="NoStoreException">There is none.</exception>
    /// <exception cref="LockedException">Another process works on it.</exception>
    /// <exception cref="StoreDamagedException">The log cannot be followed.</exception>
    /// <exception cref="DiskFullException">There is no room and no reserve.</exception>
    public static DomainStore Open(
        IFileSystem fs, StoreOptions o, StoreKeys keys, Instant now, out RecoveryReport report)
    {
        ArgumentNullException.ThrowIfNull(fs);
        ArgumentNullException.ThrowIfNull(o);
        var held = fs.TryLock(LockPath) ?? throw new LockedException();
        try
        {
            var ((core, state, log, replay), found) = WithReserve(fs, () => FollowToTheEnd(fs, o, keys));
            report = ReportOf(core, replay, found);
            var store = new DomainStore(core, state, keys, log, replay.Folders, held)
            {
                _lastPutRunningMs = now.RunningMs,
            };
            store.RefuseWritesAfter(found);
            store.DropFinishedImports();
            return store;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Follows the log, and writes what it says that is missing in the public one.</summary>
    private static (Followed, LogRecovery) FollowToTheEnd(IFileSystem fs, StoreOptions o, StoreKeys keys)
    {
        var followed = Follow(fs, o, out var found);
        try
        {
            followed.State.History.FinishReplay(keys.Head);
            return (followed, found);
        }
        catch
        {
            followed.Dispose();
            throw;
        }
    }

    /// <summary>Refuses writes from now on (law 9); reading goes on. Opening again lifts it. Damage found on opening
    /// stays the reason.</summary>
    public void SetReadOnly(string reason) => _readOnlyReason = _isDamaged ? _readOnlyReason : reason;

    /// <summary>Closes files and gives the lock back. Nothing is lost by not calling it.</summary>
    public void Dispose()
    {
        _indexing.End();
        _moving.End();
        _settling.End();
        _log.Dispose();
        _state.Dispose();
        _core.Dispose();
        _gate.Dispose();
        _lock.Dispose();
    }

    private void RefuseWritesAfter(LogRecovery found)
    {
        if (found.FirstDamaged >= 0)
        {
            SetReadOnly($"log record {found.FirstDamaged} is damaged");
            _isDamaged = true;
        }
        else if (History.IsHeadBeyondLog)
        {
            SetReadOnly("a signed head covers more than the log holds: the log is an older copy");
        }
    }

    private static RecoveryReport ReportOf(StoreCore core, StoreReplay replay, LogRecovery log) => new()
    {
        Records = log.Records,
        RecordsReplayed = replay.RecordsReplayed,
        Artifacts = (int)core.Artifacts.Count,
        IndexDropped = core.IndexDropped,
        Blocks = (int)(core.Chunks.BlockCount - core.Chunks.AwayCount),
        Evicted = (int)core.Chunks.AwayCount,
        TornBytes = log.TornBytes,
        FilesRemoved = log.FilesRemoved + replay.FilesRemoved + replay.Folders.FilesRemoved,
        BlocksMissing = replay.Folders.BlocksMissing + (int)core.Chunks.Totals.Unreadable,
        FirstDamagedRecord = log.FirstDamaged,
    };

    private static LogItem DamItem(string name, byte[] signedDam, byte[]? leaf)
    {
        var hash = Primitives.Hashing.Blake3.Hash(signedDam);
        var record = new LogRecord.Dam(name, hash, signedDam.Length, leaf);
        return new LogItem(LogRecordCodec.Encode(record), signedDam);
    }

    private void RequireWritable()
    {
        if (_readOnlyReason is { } reason)
        {
            throw new StoreReadOnlyException($"the store is read-only: {reason}");
        }
    }
}
