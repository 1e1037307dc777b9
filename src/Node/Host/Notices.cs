using Omega.P2P.Federation;

namespace Omega.P2P.Node.Host;

/// <summary>What happens in the mesh, one line each in the log.</summary>
internal static class Notices
{
    public static void Log(MeshNotice notice)
    {
        switch (notice)
        {
            case MeshNotice.HeadStateChanged e:
                Host.Log.Info($"head is {e.State}: {e.Reason}");
                break;
            case MeshNotice.PeerJoined e:
                Host.Log.Info($"peer {e.Peer} is trusted; {e.Name} ({e.Domain}) is followed");
                break;
            case MeshNotice.DomainUpdated e:
                Host.Log.Info($"{e.Domain} is at epoch {e.Epoch}, size {e.Size}: {e.Entries} artifacts");
                break;
            case MeshNotice.ContentsPublished e:
                Host.Log.Info($"{e.Domain} has published {e.Count} contents to everyone");
                break;
            case MeshNotice.PeerFaulted e:
                Host.Log.Warn($"peer {e.Peer} broke a rule, {e.Fault}: {e.Detail}");
                break;
            case MeshNotice.DomainQuarantined e:
                Host.Log.Error($"{e.Domain} has two histories in epoch {e.Epoch}; evidence is kept");
                break;
            default:
                Host.Log.Info(notice.ToString());
                break;
        }
    }
}
