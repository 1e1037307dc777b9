using Microsoft.AspNetCore.Http;

namespace Omega.P2P.Node.Control;

/// <summary>What the domain demands of what comes in: tenants.</summary>
internal sealed partial class ControlRoutes
{
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
