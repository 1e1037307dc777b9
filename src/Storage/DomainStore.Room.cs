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
            if (bytes == 0 || ReadOnly || _core.Files.Exists(ReservePath) || _core.Files.FreeSpace() < 8L * bytes)
            {
                return;
            }

            DurableFiles.WriteWhole(_core.Files, ReservePath, new byte[bytes]);
        }
    }

    /// <summary>Does what frees room; where there is none even for that, gives up the reserve and tries
    /// again.</summary>
    private T Deleting<T>(Func<T> delete)
    {
        try
        {
            return delete();
        }
        catch (DiskFullException) when (_core.Files.Exists(ReservePath))
        {
            _core.Files.Delete(ReservePath);
            _core.Files.SyncDirectory("");
            return delete();
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
