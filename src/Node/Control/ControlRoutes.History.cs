using Microsoft.AspNetCore.Http;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Control;

/// <summary>Requests about history and about who sees what; false where it is none of them.</summary>
internal sealed partial class ControlRoutes
{
    private bool TryHistory(HttpContext context, string method, string path, CancellationToken cancel)
    {
        var request = context.Request;
        switch (method, path)
        {
            case ("GET", "/snapshots"):
                Lines(context, service.Snapshots(Number(request, "number"), cancel));
                return true;
            case ("GET", "/snapshots/diff"):
                Lines(context, service.Compare(NeedNumber(request, "from"), NeedNumber(request, "to"), cancel));
                return true;
            case ("GET", "/log"):
                var limit = Math.Clamp(Number(request, "limit") ?? LeavesOrder.LimitDefault, 1, LeavesOrder.LimitMax);
                Lines(context, service.Leaves(
                    new LeavesOrder(Number(request, "epoch"), Number(request, "from"), (int)limit), cancel));
                return true;
            case ("GET", "/log/proof"):
                Line(context, service.Prove(Need(request, "id"), Text(request, "audience"), cancel).Line());
                return true;
            case ("POST", "/publish"):
                Line(context, service.Publish(Ids(request), Need(request, "audience"), cancel).Line());
                return true;
            case ("POST", "/unpublish"):
                Line(context, service.Unpublish(Ids(request), Text(request, "audience"), cancel).Line());
                return true;
            case ("GET", "/audiences"):
                Lines(context, service.Audiences(cancel));
                return true;
            case ("POST" or "DELETE", "/audiences"):
                string[] peers = [.. request.Query["peer"].OfType<string>()];
                var name = Need(request, "name");
                Line(context, (method == "POST"
                    ? service.AddAudience(name, peers, cancel)
                    : service.RemoveAudience(name, peers, cancel)).Line());
                return true;
            default:
                return false;
        }
    }

    private static long NeedNumber(HttpRequest request, string name) =>
        Number(request, name) ?? throw OmegaException.Usage($"{name} is missing", name);
}
