using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.History;

// Leaves to come: they count on from one another, so that several can share one commit of the local log.
public sealed partial class PublicHistory
{
    /// <summary>Prepares the next leaf of the newest epoch. Nothing changes that anyone can see.</summary>
    /// <param name="record">A publication or a DAM; epochs and snapshots have methods of their own.</param>
    /// <exception cref="InvalidOperationException">No epoch was opened.</exception>
    public PreparedLeaf Prepare(PublicRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record is PublicRecord.Snapshot or PublicRecord.Epoch)
            throw new ArgumentException("epochs and snapshots are prepared by their own methods", nameof(record));
        lock (_gate)
            return Next(record, secrets: null);
    }

    /// <summary>
    /// Prepares the first leaf of a new epoch; what was prepared before belongs to the old one. The caller then
    /// prepares the DAM in force and everything that stays published, in the same commit.
    /// </summary>
    /// <param name="epoch">Its number: above every epoch so far, not always the next (a rolled-back log goes on after
    /// epochs it has lost).</param>
    /// <param name="recordHash">BLAKE3 of the signed epoch record; zero for epoch 0.</param>
    public PreparedLeaf PrepareEpoch(long epoch, Hash256 recordHash)
    {
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(epoch, _preparedEpoch);
            (_preparedEpoch, _preparedSize) = (epoch, 0);
            return Next(new PublicRecord.Epoch(_preparedEpoch, recordHash), secrets: null);
        }
    }

    /// <summary>
    /// Prepares a snapshot of the log as it will be after all leaves prepared so far; those must have been applied.
    /// Apply it, then <see cref="Seal"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// Leaves are prepared and not applied, or too many audiences.
    /// </exception>
    /// <exception cref="DiskFullException">There is no room for the leaves before it.</exception>
    public PreparedLeaf PrepareSnapshot(SnapshotState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lock (_gate)
        {
            Settle();
            if (CurrentEpoch < 0 || _preparedEpoch != CurrentEpoch || _preparedSize != _epochs[CurrentEpoch].Replayed)
                throw new InvalidOperationException("a snapshot needs every earlier leaf applied");
            var secrets = new SnapshotSecrets(RandomHash(), state.Published, state.CurrentRoot);
            Hash256[] published = [.. secrets.Openings().Select(o => o.Commitment()).Order()];
            var record = new PublicRecord.Snapshot(
                _snapshotNumber + 1, _preparedSize, _epochs[CurrentEpoch].RootAt(_preparedSize), published,
                state.DamHash, secrets.CurrentCommitment(), state.TimeUnixMs);
            return Next(record, secrets);
        }
    }

    /// <summary>Forgets leaves that were prepared and not applied: their local record did not become durable.</summary>
    public void ForgetPrepared()
    {
        lock (_gate)
        {
            (_preparedEpoch, _preparedSize) = _owed.Count > 0
                ? (_owed.Last().Epoch, _owed.Last().Index + 1)
                : (CurrentEpoch, CurrentEpoch < 0 ? 0 : _epochs[CurrentEpoch].Replayed);
        }
    }

    private PreparedLeaf Next(PublicRecord record, SnapshotSecrets? secrets)
    {
        if (_preparedEpoch < 0)
            throw new InvalidOperationException("the first leaf opens an epoch");
        byte[] body = record.Encode();
        Hash256 salt = RandomHash();
        Hash256 commitment = LogCommitment.Create(salt.AsSpan(), body);
        return new PreparedLeaf(_preparedEpoch, _preparedSize++, commitment, salt, body, secrets);
    }

    private Hash256 RandomHash()
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        _options.Random.Fill(bytes);
        return Hash256.From(bytes);
    }
}
