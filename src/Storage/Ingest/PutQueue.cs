using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// Small puts that end at the same time share their signatures and their commit. The thread of one of them, the leader,
/// does the work for its group, and for some of the next, while the others wait. Two groups are under way at most, one
/// being signed and encoded while the log makes the other durable; whoever comes meanwhile makes up the next. A put
/// that comes alone is admitted at once.
/// </summary>
/// <param name="admit">Admits a group of different keys, attested by equal delegates. A put that it gives a failure is
/// not admitted; what it throws is the failure of all the others.</param>
internal sealed class PutQueue(Action<IReadOnlyList<WaitingPut>> admit)
{
    private const int LeadersMax = 2;

    /// <summary>Groups that one thread leads in a row (guess: some milliseconds).</summary>
    private const int TurnsMax = 8;

    private readonly Lock _gate = new();
    private readonly List<WaitingPut> _waiting = [];
    private int _leaders;

    /// <summary>Returns when the put is durable and visible: whether it was so before.</summary>
    public bool Admit(WaitingPut put)
    {
        bool isLeader;
        lock (_gate)
        {
            isLeader = _leaders < LeadersMax;
            if (isLeader)
            {
                _leaders++;
            }
            else
            {
                _waiting.Add(put);
            }
        }

        if (isLeader || put.WaitForTurn())
        {
            Lead(put);
        }

        put.ThrowIfFailed();
        return put.IsThere;
    }

    /// <summary>Admits the leader's group and then those that came meanwhile: to hand over to another thread for each
    /// would take as long as to admit it. After some turns another takes over, so that no put waits for long.</summary>
    private void Lead(WaitingPut leader)
    {
        for (var (first, turn) = (leader, 1); ; turn++)
        {
            var group = TakeGroup(first);
            Admit(group);
            if (turn == 1)
            {
                group.RemoveAt(0); // The leader does not wait.
            }

            var next = TakeNext();
            if (next is not null && turn < TurnsMax)
            {
                WaitingPut.WakeAll(group);
                first = next;
                continue;
            }

            next?.Wake(isLeader: true);
            WaitingPut.WakeAll(group);
            return;
        }
    }

    /// <summary>The first of those that wait, out of the queue at once: two leaders that end together must not take the
    /// same. Where none waits there is one leader less.</summary>
    private WaitingPut? TakeNext()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _leaders--;
                return null;
            }

            var next = _waiting[0];
            _waiting.RemoveAt(0);
            return next;
        }
    }

    private void Admit(List<WaitingPut> group)
    {
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
    }

    /// <summary>A put that waits no longer, and those that may go with it, in the order they came.</summary>
    private List<WaitingPut> TakeGroup(WaitingPut first)
    {
        List<WaitingPut> group = [first];
        HashSet<ArtifactKey> keys = [first.Key];
        lock (_gate)
        {
            _waiting.RemoveAll(put =>
            {
                var goes = group.Count < AttestationBatch.CountMax && put.Attest.Equals(first.Attest)
                    && keys.Add(put.Key);
                if (goes)
                {
                    group.Add(put);
                }

                return goes;
            });
        }

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
    private WaitingPut? _wakesFirst;
    private WaitingPut? _wakesSecond;

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

    /// <summary>Wakes a group whose puts have their results. Each wakes two others before it returns: whoever leads has
    /// better to do.</summary>
    public static void WakeAll(List<WaitingPut> group)
    {
        for (var i = 1; i < group.Count; i++)
        {
            ref var wakes = ref (i % 2 == 1 ? ref group[(i - 1) / 2]._wakesFirst : ref group[(i - 1) / 2]._wakesSecond);
            wakes = group[i];
        }

        if (group.Count > 0)
        {
            group[0].Wake(isLeader: false);
        }
    }

    /// <summary>Waits; true where it shall lead, false where another has led it.</summary>
    public bool WaitForTurn()
    {
        lock (_turn)
        {
            while (!_isDone && !_isLeader)
            {
                Monitor.Wait(_turn);
            }
        }

        _wakesFirst?.Wake(isLeader: false);
        _wakesSecond?.Wake(isLeader: false);
        return _isLeader;
    }

    public void Wake(bool isLeader)
    {
        lock (_turn)
        {
            (_isLeader, _isDone) = (isLeader, !isLeader);
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
