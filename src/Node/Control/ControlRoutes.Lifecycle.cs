using System.Globalization;
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
                Collection(context, method, path, cancel);
                break;
        }
    }

    private void Collection(HttpContext context, string method, string path, CancellationToken cancel)
    {
        var request = context.Request;
        switch (method, path)
        {
            case ("GET", "/retention"):
                Lines(context, service.Rules(cancel));
                break;
            case ("POST", "/retention"):
                var rule = new RuleAnswer(
                    Text(request, "brane"), Text(request, "kind"), Number(request, "keep_last"),
                    Number(request, "keep_for_ms"), Number(request, "cold_after_ms"));
                Lines(context, service.SetRule(rule, cancel));
                break;
            case ("GET", "/gc/plan"):
                Line(context, service.PlanCollection(CollectOrderOf(request), cancel).Line());
                break;
            case ("GET", "/gc/explain"):
                Lines(context, service.ExplainCollection(CollectOrderOf(request), cancel));
                break;
            case ("POST", "/gc/run"):
                Line(context, service.Collect(CollectOrderOf(request), cancel).Line());
                break;
            case ("GET", "/why"):
                Lines(context, service.Why(Need(request, "id"), cancel));
                break;
            case ("POST", "/scrub"):
                Line(context, service.Scrub(Need(request, "action"), Number(request, "rate"), cancel).Line());
                break;
            case ("POST", "/repack"):
                var percent = Number(request, "percent") ?? 50;
                Line(context, service.Repack(percent / 100.0, cancel).Line());
                break;
            default:
                throw OmegaException.NotFound($"there is no {method} {path}");
        }
    }

    private static CollectOrder CollectOrderOf(HttpRequest request) =>
        new(Number(request, "grace_ms"), Text(request, "trust_clock") == "true");

    private static int? LimitOf(HttpRequest request) => Number(request, "limit") switch
    {
        null => null,
        >= 1 and <= int.MaxValue and var limit => (int)limit,
        _ => throw OmegaException.Usage("limit is no count from 1", "limit"),
    };

    private static long? Number(HttpRequest request, string name)
    {
        if (Text(request, name) is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw OmegaException.Usage($"{name} is no number", name);
    }

    private static KeepOrder KeepOrderOf(HttpRequest request) =>
        new(Ids(request), Text(request, "name") ?? KeepOrder.DefaultName, Text(request, "reason"));

    private static IReadOnlyList<string> Ids(HttpRequest request)
    {
        string[] ids = [.. request.Query["id"].OfType<string>()];
        return ids.Length > 0 ? ids : throw OmegaException.Usage("id is missing", "id");
    }
}
