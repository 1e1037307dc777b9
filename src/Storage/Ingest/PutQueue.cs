using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// Small puts that end at the same time share their signatures and their commit. The thread of one of them, the leader,
/// does the work for its group while the others wait. Two groups are under way at most, one being signed and encoded
/// while the log makes the other durable; whoever comes meanwhile makes up the next. A put that comes alone is admitted
/// at once.
/// </summary>
/// <param name="admit">Admits a group of different keys, attested by equal delegates. A put that it gives a failure is
/// not admitted; what it throws is the failure of all the others.</param>
internal sealed class PutQueue(Action<IReadOnlyList<WaitingPut>> admit)
{
    private const int GroupsMax = 2;

    private readonly Lock _gate = new();
    private readonly List<WaitingPut> _waiting = [];
    private int _groups;

    /// <summary>Returns when the put is durable and visible: whether it was so before.</summary>
    public bool Admit(WaitingPut put)
    {
        bool isLeader;
        lock (_gate)
        {
            _waiting.Add(put);
            isLeader = _groups < GroupsMax;
            _groups += isLeader ? 1 : 0;
        }

        if (isLeader || put.WaitForTurn())
        {
            Lead(put);
        }

        put.ThrowIfFailed();
        return put.IsThere;
    }

    private void Lead(WaitingPut leader)
    {
        List<WaitingPut> group;
        lock (_gate)
        {
            group = TakeGroup(leader);
        }

        try
        {
            admit(group);
        }
        catch (Exception failure)
        {
            foreach (var put in group)
            {
                put.Failure ??= failure;
            }
        }

        WaitingPut? next;
        lock (_gate)
        {
            next = _waiting.Count > 0 ? _waiting[0] : null;
            _groups -= next is null ? 1 : 0;
        }

        next?.Wake(isLeader: true);
        foreach (var put in group)
        {
            put.Wake(isLeader: false);
        }
    }

    /// <summary>The leader and those that may go with it, in the order they came.</summary>
    private List<WaitingPut> TakeGroup(WaitingPut leader)
    {
        List<WaitingPut> group = [leader];
        HashSet<ArtifactKey> keys = [leader.Key];
        _waiting.Remove(leader);
        _waiting.RemoveAll(put =>
        {
            var goes = group.Count < AttestationBatch.CountMax && put.Attest.Equals(leader.Attest)
                && keys.Add(put.Key);
            if (goes)
            {
                group.Add(put);
            }

            return goes;
        });
        return group;
    }
}

/// <summary>A put whose content is not settled yet, on its way into the log.</summary>
internal sealed class WaitingPut(
    BatchItem item, IReadOnlyCollection<ClassTag> usable, AttestMany attest, Instant now)
{
    private readonly object _turn = new();
    private bool _isDone;
    private bool _isLeader;

    public BatchItem Item { get; } = item;

    public ArtifactKey Key => Item.Descriptor.Key;

    /// <summary>Classes whose bytes may serve as the content's own.</summary>
    public IReadOnlyCollection<ClassTag> Usable { get; } = usable;

    public AttestMany Attest { get; } = attest;

    public Instant Now { get; } = now;

    /// <summary>Whether nothing was to be done: artifact, attestation and bytes were here.</summary>
    public bool IsThere { get; set; }

    /// <summary>Why it was not admitted.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Waits; true where it shall lead, false where another has led it.</summary>
    public bool WaitForTurn()
    {
        lock (_turn)
        {
            while (!_isDone && !_isLeader)
            {
                Monitor.Wait(_turn);
            }

            return !_isDone;
        }
    }

    public void Wake(bool isLeader)
    {
        lock (_turn)
        {
            _isLeader = isLeader;
            _isDone = !isLeader;
            Monitor.Pulse(_turn);
        }
    }

    /// <summary>In an exception of this put's own: several threads never throw one object.</summary>
    public void ThrowIfFailed()
    {
        switch (Failure)
        {
            case null:
                return;
            case StoreRefusedException refused:
                throw new StoreRefusedException(refused.Code, refused.Message) { Field = refused.Field };
            case StoreReadOnlyException readOnly:
                throw new StoreReadOnlyException(readOnly.Message, readOnly);
            case StoreDamagedException damaged:
                throw new StoreDamagedException(damaged.Message, damaged);
            case DiskFullException full:
                throw new DiskFullException(full.Message, full);
            case IOException failed:
                throw new IOException(failed.Message, failed);
            default:
                throw new InvalidOperationException(Failure.Message, Failure);
        }
    }
}
