using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.History;

/// <summary>
/// The public log of one epoch in <c>public/&lt;epoch&gt;/</c>. A view: on open it believes its files only as far as
/// the newest head's root agrees with them, and waits for the local log to say the rest again.
/// </summary>
internal sealed class EpochLog : IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _folder;
    private readonly LogOrigin _origin;
    private readonly LeafFile _leaves;
    private readonly BodyFile _bodies;
    private Checkpoint? _head;
    private byte[] _note = [];
    private long _replayed;

    private EpochLog(IFileSystem files, string folder, LogOrigin origin, LeafFile leaves, BodyFile bodies)
    {
        (_files, _folder, _origin, _leaves, _bodies) = (files, folder, origin, leaves, bodies);
    }

    public long Size => _leaves.Size;

    public INodeHashSource Nodes => _leaves;

    /// <summary>The newest snapshot's leaf among those applied since open.</summary>
    public PreparedLeaf? LastSnapshot { get; private set; }

    /// <summary>Leaves the local log told of since open.</summary>
    public long Replayed => _replayed;

    /// <summary>Number of <see cref="LastSnapshot"/>; 0 before the first.</summary>
    public long SnapshotNumber => LastSnapshot is null ? 0 : Number(LastSnapshot);

    /// <summary>Whether a head was signed for more leaves than the local log knows.</summary>
    public bool IsHeadBeyondLog => _head is not null && _head.Size > _replayed;

    /// <summary>The head that <see cref="Seal"/> made or confirmed since open.</summary>
    public HeadInfo? Head { get; private set; }

    public static EpochLog Open(IFileSystem files, string folder, LogOrigin origin, EpochResume? resume = null)
    {
        bool isNew = !files.Exists(folder + "/leaves");
        DurableFiles.CreateFolder(files, folder);
        LeafFile leaves = LeafFile.Open(files, folder + "/leaves");
        BodyFile bodies = BodyFile.Open(files, folder);
        if (isNew)
            files.SyncDirectory(folder);
        var log = new EpochLog(files, folder, origin, leaves, bodies);
        bool hasHead = HeadFile.TryReadNewest(files, folder, origin, out log._head, out log._note);
        if (resume is not null && log.TryResume(resume))
            return log;
        log.CutTo(hasHead ? log.TrustedSize() : 0);
        return log;
    }

    /// <summary>Where the epoch stands now, for <see cref="EpochResume"/>. What is in the files up to there is durable
    /// after <see cref="Sync"/>.</summary>
    public EpochResume State() => new(
        _origin.Epoch, _replayed, RootAt(_replayed), LastSnapshot is null ? default : LastSnapshot.Encode());

    /// <summary>Makes leaves and bodies durable.</summary>
    public void Sync()
    {
        _leaves.Sync();
        _bodies.Sync();
    }

    /// <summary>Takes a leaf the local log holds; one that is here already is compared, its body mended.</summary>
    /// <exception cref="StoreDamagedException">The local log and a signed head tell two stories.</exception>
    public void Apply(PreparedLeaf leaf)
    {
        if (leaf.Index != _replayed)
            throw new InvalidOperationException($"leaf {leaf.Index} comes after {_replayed} leaves of {_origin}");
        if (leaf.Index < _leaves.Size)
        {
            RequireSame(leaf);
            MendBody(leaf);
        }
        else
        {
            Append(leaf);
        }

        _replayed++;
        if (leaf.Secrets is not null)
            LastSnapshot = leaf;
    }

    /// <summary>Cuts off what an <see cref="Apply"/> that found no room has written of its leaf.</summary>
    public void CutBack()
    {
        if (_leaves.Size <= _replayed + 1)
            _leaves.Truncate(Math.Min(_replayed, _leaves.Size));
        if (_bodies.Count <= _replayed + 1)
            _bodies.Truncate(Math.Min(_replayed, _bodies.Count));
    }

    public bool TryBody(long index, out Hash256 salt, out byte[] body) =>
        _bodies.TryRead(index, out salt, out body)
        && index < _leaves.Size && LogCommitment.Opens(_leaves.Commitment(index), salt.AsSpan(), body);

    /// <summary>Whether there are bytes for a leaf that are not its body.</summary>
    public bool IsBodyDamaged(long index) => _bodies.IsPresent(index) && !TryBody(index, out _, out _);

    /// <summary>Whether a kept hash of the tree is this one.</summary>
    public bool HoldsSubtree(int level, long index, Hash256 hash) => _leaves.HoldsSubtree(level, index, hash);

    /// <summary>Whether the head's file says what was signed last.</summary>
    public bool IsHeadOnDisk() =>
        HeadFile.TryReadNewest(_files, _folder, _origin, out _, out byte[] note) && note.AsSpan().SequenceEqual(_note);

    public Hash256[] Commitments(long from, long to) => _leaves.Commitments(from, to);

    public Hash256 RootAt(long size) => _leaves.RootAt(size);

    /// <summary>
    /// Makes the leaves durable, then the head over the newest snapshot, unless that very head is there already.
    /// </summary>
    public HeadInfo? Seal(ISigner signer)
    {
        if (LastSnapshot is null)
            return null;
        var checkpoint = new Checkpoint(_origin.ToString(), LastSnapshot.Index + 1, RootAt(LastSnapshot.Index + 1));
        RequireNoContradiction(checkpoint);
        byte[] note = HeadFile.Sign(checkpoint, signer);
        if (!note.AsSpan().SequenceEqual(_note))
        {
            _leaves.Sync();
            _bodies.Sync();
            HeadFile.Write(_files, _folder, checkpoint.Size, note);
            (_head, _note) = (checkpoint, note);
            HeadFile.DropOthers(_files, _folder, checkpoint.Size);
        }

        Head = new HeadInfo(_origin.Epoch, checkpoint.Size, checkpoint.Root, Number(LastSnapshot), note);

        return Head;
    }

    public void Dispose()
    {
        _leaves.Dispose();
        _bodies.Dispose();
    }

    private static long Number(PreparedLeaf snapshot) =>
        PublicRecord.TryDecode(snapshot.Body, out PublicRecord? record, out _) && record is PublicRecord.Snapshot body
            ? body.Number
            : throw new StoreDamagedException($"leaf {snapshot.Index} has a snapshot's secrets and another body");

    private bool TryResume(EpochResume resume)
    {
        if (_leaves.Size < resume.Size || !_bodies.HasAll(resume.Size) || RootAt(resume.Size) != resume.Root)
            return false;
        PreparedLeaf? snapshot = null;
        if (!resume.LastSnapshot.IsEmpty
            && !PreparedLeaf.TryDecode(resume.LastSnapshot.ToArray(), out snapshot, out _))
            return false;
        CutTo(resume.Size);
        (_replayed, LastSnapshot) = (resume.Size, snapshot);
        return true;
    }

    private long TrustedSize() =>
        _leaves.Size >= _head!.Size && _bodies.HasAll(_head.Size) && _leaves.RootAt(_head.Size) == _head.Root
            ? _head.Size
            : 0;

    private void CutTo(long size)
    {
        if (_leaves.Size > size)
            _leaves.Truncate(size);
        _bodies.Truncate(_bodies.HasAll(size) ? size : 0);
    }

    private void Append(PreparedLeaf leaf)
    {
        if (leaf.Body is not null && !LogCommitment.Opens(leaf.Commitment, leaf.Salt.AsSpan(), leaf.Body))
            throw new InvalidOperationException("a leaf's body is not what it commits to");
        _leaves.Append(leaf.Commitment);
        _bodies.Append(leaf.Salt, leaf.Body, isErased: leaf.Body is null);
        if (_head is not null && _head.Size == _leaves.Size && _head.Root != _leaves.Root)
            throw Contradiction(_head.Size);
    }

    /// <summary>The local log says bodies again: one that rotted goes, with all after it, and they come anew.
    /// </summary>
    private void MendBody(PreparedLeaf leaf)
    {
        if (_bodies.Count > leaf.Index && !_bodies.Holds(leaf.Index, leaf.Salt, leaf.Body))
            _bodies.Truncate(leaf.Index);
        if (_bodies.Count == leaf.Index)
            _bodies.Append(leaf.Salt, leaf.Body, isErased: leaf.Body is null);
    }

    private void RequireSame(PreparedLeaf leaf)
    {
        if (_leaves.Node(0, leaf.Index) != LogCommitment.LeafHash(leaf.Commitment))
            throw Contradiction(leaf.Index);
    }

    private void RequireNoContradiction(Checkpoint checkpoint)
    {
        if (_head is null)
            return;
        if (_head.Size > checkpoint.Size || (_head.Size == checkpoint.Size && _head.Root != checkpoint.Root))
            throw Contradiction(checkpoint.Size);
    }

    private StoreDamagedException Contradiction(long at) =>
        new($"{_folder}: the local log contradicts the signed head of size {_head?.Size} at leaf {at}; nothing signed");
}
