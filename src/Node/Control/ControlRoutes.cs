using System.Text;
using Microsoft.AspNetCore.Http;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Control;

/// <summary>
/// From requests to verbs. Answers are JSON, one object per line where there may be many; a failure is the error object
/// of the command line with a fitting status.
/// </summary>
internal sealed partial class ControlRoutes(INodeService service)
{
    /// <summary>Connection item: the other end is our own user on the unix socket.</summary>
    public const string Trusted = "omega.trusted";

    private const int TextBodyMax = 64 * 1024;

    public static bool IsProbe(PathString path) => path.Value is "/livez" or "/readyz" or "/startupz";

    public void Handle(HttpContext context)
    {
        try
        {
            Route(context);
        }
        catch (Exception e)
        {
            var report = ErrorReport.Of(e);
            if (report.Code == "internal") Host.Log.Error(e.ToString());
            if (context.Response.HasStarted)
            {
                context.Abort(); // a cut answer must not look whole
                return;
            }

            context.Response.StatusCode = StatusOf(report.Exit);
            Line(context, report.ToJson());
        }
    }

    private void Route(HttpContext context)
    {
        var cancel = context.RequestAborted;
        var request = context.Request;
        var path = request.Path.Value ?? "";
        switch (request.Method, path)
        {
            case ("GET", "/livez" or "/readyz" or "/startupz"):
                Line(context, """{"status":"ok"}""");
                break;
            case ("POST", "/artifacts"):
                Line(context, service.Put(OrderOf(request), request.Body, cancel).Line());
                break;
            case ("GET", "/artifacts"):
                Lines(context, service.List(
                    new ListOrder(Text(request, "domain"), Text(request, "brane"), Text(request, "kind"),
                        Text(request, "all") == "true")
                    {
                        AsOf = Number(request, "as_of"),
                        Limit = LimitOf(request),
                    }, cancel));
                break;
            case ("POST", "/fetch"):
                var wanted = new GetOrder(Need(request, "id"), Text(request, "domain"))
                {
                    AsOf = Number(request, "as_of"),
                };
                Line(context, service.Get(wanted, _ => Stream.Null, cancel).Line());
                break;
            case ("GET", _) when path.StartsWith("/contents/", StringComparison.Ordinal):
                Content(context, path["/contents/".Length..], cancel);
                break;
            case ("GET", "/cars"):
                context.Response.ContentType = "application/vnd.ipld.car; version=1";
                context.Response.Headers["Content-Disposition"] = "attachment";
                var order = new CarOrder(Ids(request), Text(request, "hash") ?? CarOrder.Blake3);
                service.ExportCar(order, context.Response.Body, cancel);
                break;
            case ("POST", "/evict"):
                Line(context, service.Evict([.. request.Query["id"].OfType<string>()], cancel).Line());
                break;
            case ("GET", "/status"):
                Line(context, service.Status(cancel).Line());
                break;
            case ("POST", "/verify"):
                Line(context, service.Verify(Text(request, "deep") != "false", cancel).Line());
                break;
            case ("GET", "/transfers"):
                Lines(context, service.Transfers(cancel));
                break;
            case ("POST" or "GET" or "DELETE", "/peers" or "/invitations" or "/domain/epoch"):
                Mesh(context, request.Method, path, cancel);
                break;
            case ("POST", "/packages" or "/packages/have"):
                Packages(context, path, cancel);
                break;
            case ("GET" or "POST" or "DELETE", "/schemas"):
                Schemas(context, request.Method, cancel);
                break;
            case ("GET" or "POST" or "DELETE", "/tenants"):
                Tenants(context, request.Method, cancel);
                break;
            case var _ when TryHistory(context, request.Method, path, cancel):
                break;
            default:
                Lifecycle(context, request.Method, path, cancel);
                break;
        }
    }

    private void Mesh(HttpContext context, string method, string path, CancellationToken cancel)
    {
        var request = context.Request;
        switch (method, path)
        {
            case ("POST", "/invitations"):
                var seconds = long.TryParse(Need(request, "seconds"), out var s) && s is > 0 and <= 365 * 86_400L
                    ? s
                    : throw OmegaException.Usage("seconds is out of range", "seconds");
                Line(context, service.Invite(TimeSpan.FromSeconds(seconds), Text(request, "name"), cancel).Line());
                break;
            case ("POST", "/peers"):
                Line(context, service.Join(Body(request), Text(request, "name"), cancel).Line());
                break;
            case ("GET", "/peers"):
                Lines(context, service.Peers(cancel));
                break;
            case ("DELETE", "/peers"):
                Line(context, service.RemovePeer(Need(request, "peer"), cancel).Line());
                break;
            case ("POST", "/domain/epoch"):
                Line(context, service.OpenEpoch(cancel).Line());
                break;
            default:
                throw OmegaException.NotFound($"there is no {method} {path}");
        }
    }

    private void Content(HttpContext context, string cid, CancellationToken cancel)
    {
        if (!ContentId.TryParse(cid, out var content)) throw OmegaException.Usage($"'{cid}' is no content id", "id");
        var local = (LocalNode)service;
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers["Content-Disposition"] = "attachment"; // never rendered as a page of ours
        local.WriteContent(content, size => context.Response.ContentLength = size, context.Response.Body, cancel);
    }

    private static string? Text(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var value) && value.Count == 1 && value[0] is { Length: > 0 } text
            ? text
            : null;

    private static string Need(HttpRequest request, string name) =>
        Text(request, name) ?? throw OmegaException.Usage($"{name} is missing", name);

    private static string Body(HttpRequest request)
    {
        var buffer = new byte[TextBodyMax + 1];
        var length = request.Body.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (length > TextBodyMax) throw OmegaException.Usage($"the body is over {TextBodyMax} bytes");
        return Encoding.UTF8.GetString(buffer, 0, length).Trim();
    }

    private static void Line(HttpContext context, string line)
    {
        context.Response.ContentType = "application/json";
        context.Response.Body.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }

    private static void Lines(HttpContext context, IEnumerable<IAnswer> answers)
    {
        context.Response.ContentType = "application/x-ndjson";
        using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(false), 16 * 1024, leaveOpen: true);
        foreach (var answer in answers)
        {
            writer.Write(answer.Line());
            writer.Write('\n');
        }
    }

    private static int StatusOf(ExitCode exit) => exit switch
    {
        ExitCode.Usage => StatusCodes.Status400BadRequest,
        ExitCode.NotFound => StatusCodes.Status404NotFound,
        ExitCode.NotAvailable or ExitCode.Unreachable => StatusCodes.Status503ServiceUnavailable,
        ExitCode.Refused or ExitCode.WrongKey => StatusCodes.Status403Forbidden,
        ExitCode.Locked => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status500InternalServerError,
    };
}
