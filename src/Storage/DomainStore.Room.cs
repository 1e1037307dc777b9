using System.Globalization;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage;

/// <summary>Room on the disk: quotas that refuse a write in time, and a reserve that lets a full disk delete.</summary>
public sealed partial class DomainStore
{
    private const string ReservePath = "reserve";

    /// <summary>Whether the reserve was seen; false says nothing.</summary>
    private volatile bool _hasReserve;

    /// <summary>Keeps some bytes of the disk occupied, so that a removal or a collection finds room for its records
    /// where
    /// nothing else does. Nothing happens where they are there, or where the disk is nearly full. The driver calls it
    /// when it is idle.</summary>
    /// <exception cref="IOException">The disk failed; the reserve may be missing.</exception>
    public void KeepReserve()
    {
        var bytes = _core.Limits.ReserveBytes;
        lock (_core.Maintenance)
        {
            if (bytes == 0 || ReadOnly || HasReserve() || _core.Files.FreeSpace() < 8L * bytes)
            {
                return;
            }

            // Not zeros: a file system that compresses would keep no room for them.
            var noise = new byte[bytes];
            _state.Options.Random.Fill(noise);
            DurableFiles.WriteWhole(_core.Files, ReservePath, noise);
            _hasReserve = true;
        }
    }

    /// <summary>Does what frees room; where there is none even for that, gives up the reserve and tries
    /// again.</summary>
    private T Deleting<T>(Func<T> delete) => WithReserve(_core.Files, () =>
    {
        _hasReserve = _hasReserve && _core.Files.Exists(ReservePath);
        return delete();
    });

    private bool HasReserve() => _hasReserve || (_hasReserve = _core.Files.Exists(ReservePath));

    /// <summary>Where the reserve was given up, what brings bytes leaves as much room as it had.</summary>
    /// <exception cref="DiskFullException">There is no more than that.</exception>
    private void RequireSpareRoom()
    {
        if (_core.Limits.ReserveBytes > 0 && !HasReserve() && _core.Files.FreeSpace() < _core.Limits.ReserveBytes)
        {
            throw new DiskFullException("the rest of the disk is kept for deleting");
        }
    }

    private static T WithReserve<T>(IFileSystem fs, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DiskFullException) when (fs.Exists(ReservePath))
        {
            fs.Delete(ReservePath);
            fs.SyncDirectory("");
            return work();
        }
    }

    /// <summary>Refuses what the owner's quota has no room for.</summary>
    /// <param name="files">Artifacts to come.</param>
    /// <param name="bytes">Bytes of theirs that are not here yet.</param>
    /// <exception cref="StoreRefusedException"><c>quota-files</c>, <c>quota-bytes</c>.</exception>
    private void RequireRoom(int files, long bytes)
    {
        var (filesMax, bytesMax) = (_core.Limits.QuotaFiles, _core.Limits.QuotaBytes);
        if (filesMax == 0 && bytesMax == 0)
        {
            return;
        }

        lock (_core.State)
        {
            if (filesMax > 0 && _core.Artifacts.Count + files > filesMax)
            {
                throw new StoreRefusedException(
                    "quota-files",
                    string.Create(CultureInfo.InvariantCulture, $"the quota of {filesMax} artifacts is used up"));
            }

            _core.RequireRoom(bytes);
        }
    }

    private void RequireRoom(StagedContent staged, ArtifactKey key, DomainId domain)
    {
        bool isLive;
        lock (_core.State)
        {
            isLive = _core.Artifacts.TryGet(key, domain, out _);
        }

        RequireRoom(isLive ? 0 : 1, BytesOf(staged));
    }

    private static long BytesOf(StagedContent staged) =>
        staged.Inline.Sum(inline => (long)inline.Bytes.Length) + staged.Sinks.Sum(sink => sink.UnsealedBytes);
}
