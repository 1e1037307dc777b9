using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Control;

/// <summary>What comes in, and what the domain demands of it.</summary>
internal sealed partial class ControlRoutes
{
    private static PutOrder OrderOf(HttpRequest request) => new(
        Text(request, "kind") ?? PutOrder.DefaultKind, Text(request, "brane") ?? PutOrder.DefaultBrane,
        [.. request.Query["meta"].OfType<string>()], Text(request, "audience"))
    {
        Tenant = Text(request, "tenant"),
        MetaJson = Text(request, "meta_json"),
        Digest = Text(request, "digest"),
    };

    private void Packages(HttpContext context, string path, CancellationToken cancel)
    {
        using var session = service.BeginPackage(OrderOf(context.Request), cancel);
        if (path == "/packages")
        {
            var manifest = PackageFrames.Read(context.Request.Body, session, cancel);
            Line(context, Answers.AnswerFields.Line(session.Complete(manifest, cancel)));
            return;
        }

        var asked = new MemoryStream();
        context.Request.Body.CopyTo(asked);
        if (asked.Length > (long)PackageManifest.PathCountMax * RemotePackage.KeepSize
            || asked.Length % RemotePackage.KeepSize != 0)
            throw OmegaException.Usage("the list of contents is malformed");
        var files = new List<(ContentId, long)>();
        var bytes = asked.GetBuffer().AsSpan(0, (int)asked.Length);
        for (; !bytes.IsEmpty; bytes = bytes[RemotePackage.KeepSize..])
        {
            files.Add((ContentId.From(Hash256.From(bytes[..Hash256.Size])),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[Hash256.Size..])));
        }

        Line(context, string.Concat(session.Keep(files).Select(kept => kept ? '1' : '0')));
    }

    private void Schemas(HttpContext context, string method, CancellationToken cancel)
    {
        if (method == "GET")
        {
            Lines(context, service.Schemas(cancel));
            return;
        }

        var kind = Need(context.Request, "kind");
        Line(context, method == "POST"
            ? Answers.AnswerFields.Line(service.AddSchema(kind, Body(context.Request), cancel))
            : Answers.AnswerFields.Line(service.RemoveSchema(kind, cancel)));
    }

    private void Tenants(HttpContext context, string method, CancellationToken cancel)
    {
        var request = context.Request;
        if (method == "GET")
        {
            Lines(context, service.Tenants(cancel));
            return;
        }

        string[] recipients = [.. request.Query["recipient"].OfType<string>()];
        var name = Need(request, "name");
        var answer = method == "POST"
            ? service.AddTenant(name, recipients, cancel)
            : service.RemoveTenant(name, recipients, cancel);
        Line(context, Answers.AnswerFields.Line(answer));
    }
}
