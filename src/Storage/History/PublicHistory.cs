using System.Globalization;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.History;

/// <summary>
/// The public logs of a domain, one per epoch, with their heads and snapshots (design section 8). Writing goes in three
/// steps, so that the local log stays the one truth: <c>Prepare…</c> gives a leaf, its bytes become durable in a record
/// of the local log, <see cref="Apply"/> takes it in. On start the local log is replayed through <see cref="Apply"/>
/// in order and closed by <see cref="FinishReplay"/>; whatever is missing under <c>public/</c> and <c>snapshots/</c> is
/// made again, bit for bit. Safe for use from several threads; preparing and applying belong under the store's own
/// commit lock.
/// </summary>
public sealed partial class PublicHistory : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IFileSystem _files;
    private readonly HistoryOptions _options;
    private readonly SnapshotFolder _snapshots;
    private readonly SortedDictionary<long, EpochLog> _epochs = [];
    private readonly Queue<PreparedLeaf> _owed = []; // in the local log, and the disk had no room for them here
    private long _snapshotNumber;
    private long _preparedEpoch = -1;
    private long _preparedSize;
    private bool _failed;

    private PublicHistory(IFileSystem files, HistoryOptions options)
    {
        (_files, _options) = (files, options);
        _snapshots = new SnapshotFolder(files, options.SnapshotFolder, options.DomainName);
    }

    /// <summary>The epoch that is being written; -1 before the first leaf was applied.</summary>
    public long CurrentEpoch { get; private set; } = -1;

    /// <summary>The largest epoch there ever was here: the current one, or a later one whose head outlived its log.
    /// A new epoch needs a larger number; -1 before the first.</summary>
    public long EpochMax
    {
        get
        {
            lock (_gate)
                return _epochs.Count == 0 ? -1 : _epochs.Keys.Last();
        }
    }

    /// <summary>Count of leaves of the current epoch that the local log told of.</summary>
    public long Size
    {
        get
        {
            lock (_gate)
                return CurrentEpoch < 0 ? 0 : _epochs[CurrentEpoch].Replayed;
        }
    }

    /// <summary>The newest signed head; null before the first, and while <see cref="IsHeadBeyondLog"/>.</summary>
    public HeadInfo? Head
    {
        get
        {
            lock (_gate)
                return CurrentEpoch < 0 ? null : _epochs[CurrentEpoch].Head;
        }
    }

    /// <summary>The leaf of the newest snapshot, with its secrets; null before the first.</summary>
    public PreparedLeaf? LastSnapshot
    {
        get
        {
            lock (_gate)
                return CurrentEpoch < 0 ? null : _epochs[CurrentEpoch].LastSnapshot;
        }
    }

    /// <summary>
    /// Whether there are leaves that no snapshot covers: only then is there anything to sign (law 11).
    /// </summary>
    public bool NeedsSnapshot
    {
        get
        {
            lock (_gate)
                return _owed.Count > 0 || (CurrentEpoch >= 0
                    && _epochs[CurrentEpoch].Replayed != (_epochs[CurrentEpoch].LastSnapshot?.Index ?? -1) + 1);
        }
    }

    /// <summary>Whether the newest head is one over the newest snapshot: not where writing it failed.</summary>
    internal bool IsSealed
    {
        get
        {
            lock (_gate)
                return CurrentEpoch >= 0 && _epochs[CurrentEpoch] is { Head: { } head, LastSnapshot: { } snapshot }
                    && head.Size == snapshot.Index + 1;
        }
    }

    /// <summary>
    /// Whether, after the replay, a head is signed for leaves the local log has lost: the log was put back from an
    /// older copy. The domain must then be read-only (law 9); nothing is signed here. An epoch that a later one has
    /// left behind does not count.
    /// </summary>
    public bool IsHeadBeyondLog
    {
        get
        {
            lock (_gate)
                return _epochs.Any(e => e.Key >= CurrentEpoch && e.Value.IsHeadBeyondLog);
        }
    }

    /// <summary>Each epoch with the count of its leaves that the local log told of, ascending.</summary>
    public IReadOnlyList<(long Epoch, long Size)> Epochs
    {
        get
        {
            lock (_gate)
                return [.. _epochs.Select(e => (e.Key, e.Value.Replayed))];
        }
    }

    /// <summary>Manifests of the snapshots taken so far.</summary>
    public SnapshotFolder Snapshots => _snapshots;

    /// <summary>
    /// Opens what is there. Nothing is believed beyond the newest head before the local log was replayed.
    /// </summary>
    public static PublicHistory Open(IFileSystem files, HistoryOptions options)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        DurableFiles.CreateFolder(files, options.Folder);
        var history = new PublicHistory(files, options);
        foreach (string name in files.List(options.Folder))
        {
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long epoch))
                history._epochs[epoch] = history.OpenEpoch(epoch);
        }

        history.Resume();
        return history;
    }

    /// <summary>
    /// Takes in a leaf whose local record is durable, in the order in which leaves were prepared; on replay, every leaf
    /// from the first on. Only a snapshot syncs (its manifest): the rest the local log can say again. What a full disk
    /// has no room for is owed until <see cref="Settle"/>: the local log has it. After any other I/O error this object
    /// refuses to go on; open it again.
    /// </summary>
    /// <exception cref="StoreDamagedException">The local log contradicts a head we signed.</exception>
    public void Apply(PreparedLeaf leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        lock (_gate)
        {
            RequireUsable();
            _owed.Enqueue(leaf);
            try
            {
                Settle();
            }
            catch (DiskFullException) when (!_failed)
            {
                // Whoever needs the leaf in the tree settles first, and is told there.
            }
        }
    }

    /// <summary>Takes in what is owed.</summary>
    /// <exception cref="DiskFullException">There is still no room; nothing is lost, and it stays owed.</exception>
    internal void Settle()
    {
        lock (_gate)
        {
            while (_owed.TryPeek(out PreparedLeaf? leaf))
            {
                RequireUsable();
                TakeIn(leaf);
                _owed.Dequeue();
            }
        }
    }

    /// <summary>Whether the files bear out every epoch that replay was to go on from.</summary>
    internal bool IsResumed
    {
        get
        {
            lock (_gate)
                return _options.Resume.All(r => _epochs.TryGetValue(r.Epoch, out EpochLog? e) && e.Replayed >= r.Size);
        }
    }

    /// <summary>Where each epoch stands.</summary>
    internal IReadOnlyList<EpochResume> States()
    {
        lock (_gate)
            return [.. _epochs.Values.Where(e => e.Replayed > 0).Select(e => e.State())];
    }

    /// <summary>Makes all leaves and bodies durable.</summary>
    /// <exception cref="IOException">They are not, or writing one failed before: what replay would say again must not
    /// be taken for written.</exception>
    internal void Sync()
    {
        lock (_gate)
        {
            RequireUsable();
            foreach (EpochLog log in _epochs.Values)
                log.Sync();
        }
    }

    /// <summary>
    /// Ends the replay: writes the manifests and signs the heads that are missing, which gives the same bytes as the
    /// first time. Where <see cref="IsHeadBeyondLog"/>, nothing is signed.
    /// </summary>
    /// <exception cref="StoreDamagedException">The local log contradicts a head we signed.</exception>
    public void FinishReplay(ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        lock (_gate)
        {
            RequireUsable();
            Settle();
            foreach (EpochLog log in _epochs.Values)
            {
                if (!log.IsHeadBeyondLog)
                    log.Seal(signer);
            }
        }
    }

    /// <summary>
    /// Makes the newest snapshot a head: leaves and head are durable on return, in that order (its manifest is since it
    /// was applied). The same head again where it is there already.
    /// </summary>
    /// <exception cref="InvalidOperationException">No snapshot was applied yet.</exception>
    public HeadInfo Seal(ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        lock (_gate)
        {
            RequireUsable();
            Settle();
            EpochLog log = CurrentEpoch >= 0 ? _epochs[CurrentEpoch] : throw NothingToSeal();
            return log.Seal(signer) ?? throw NothingToSeal();
        }
    }

    /// <summary>Closes the files; what is not durable the local log will say again.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (EpochLog log in _epochs.Values)
                log.Dispose();
            _epochs.Clear();
            CurrentEpoch = -1;
        }
    }

    private void TakeIn(PreparedLeaf leaf)
    {
        if (leaf.Epoch != CurrentEpoch)
            Enter(leaf);
        EpochLog log = _epochs[CurrentEpoch];
        _failed = true;
        try
        {
            if (leaf.Secrets is not null)
                _snapshotNumber = _snapshots.WriteIfAbsent(leaf);
            log.Apply(leaf);
        }
        catch (DiskFullException)
        {
            log.CutBack();
            _failed = false;
            throw;
        }

        _failed = false;
        if (leaf.Epoch != _preparedEpoch || log.Replayed > _preparedSize)
            (_preparedEpoch, _preparedSize) = (leaf.Epoch, log.Replayed);
    }

    private void RequireUsable()
    {
        if (_failed)
            throw new IOException("the public log failed to write; open it again");
    }

    private static InvalidOperationException NothingToSeal() => new("there is no snapshot to sign a head over");

    private EpochLog OpenEpoch(long epoch) => EpochLog.Open(
        _files, string.Create(CultureInfo.InvariantCulture, $"{_options.Folder}/{epoch}"),
        new LogOrigin(_options.Domain, epoch), _options.Resume.FirstOrDefault(resume => resume.Epoch == epoch));

    private void Resume()
    {
        foreach (EpochResume resume in _options.Resume)
        {
            if (!_epochs.TryGetValue(resume.Epoch, out EpochLog? log) || log.Replayed != resume.Size)
                continue;
            CurrentEpoch = Math.Max(CurrentEpoch, resume.Epoch);
            _snapshotNumber = Math.Max(_snapshotNumber, log.SnapshotNumber);
        }

        (_preparedEpoch, _preparedSize) = (CurrentEpoch, CurrentEpoch < 0 ? 0 : _epochs[CurrentEpoch].Replayed);
    }

    private void Enter(PreparedLeaf leaf)
    {
        if (leaf.Epoch < CurrentEpoch || leaf.Index != 0)
            throw new InvalidOperationException($"leaf {leaf.Index} of epoch {leaf.Epoch} after epoch {CurrentEpoch}");
        if (!_epochs.ContainsKey(leaf.Epoch))
            _epochs[leaf.Epoch] = OpenEpoch(leaf.Epoch);
        CurrentEpoch = leaf.Epoch;
    }
}
