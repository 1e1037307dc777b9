using Microsoft.AspNetCore.Http;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Control;

/// <summary>Requests about how long things are kept.</summary>
internal sealed partial class ControlRoutes
{
    private void Lifecycle(HttpContext context, string method, string path, CancellationToken cancel)
    {
        var request = context.Request;
        switch (method, path)
        {
            case ("POST", "/remove"):
                Line(context, service.Remove(Ids(request), Text(request, "reason"), cancel).Line());
                break;
            case ("GET", "/pins" or "/holds"):
                Lines(context, service.Kept(path == "/holds", cancel));
                break;
            case ("POST", "/pins" or "/holds"):
                Lines(context, service.Keep(KeepOrderOf(request), path == "/holds", cancel));
                break;
            case ("DELETE", "/pins" or "/holds"):
                Lines(context, service.Release(KeepOrderOf(request), path == "/holds", cancel));
                break;
            default:
                throw OmegaException.NotFound($"there is no {method} {path}");
        }
    }

    private static KeepOrder KeepOrderOf(HttpRequest request) =>
        new(Ids(request), Text(request, "name") ?? KeepOrder.DefaultName, Text(request, "reason"));

    private static IReadOnlyList<string> Ids(HttpRequest request)
    {
        string[] ids = [.. request.Query["id"].OfType<string>()];
        return ids.Length > 0 ? ids : throw OmegaException.Usage("id is missing", "id");
    }
}
