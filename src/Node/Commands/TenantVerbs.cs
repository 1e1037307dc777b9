using System.CommandLine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega tenant add|ls|rm`.</summary>
internal static class TenantVerbs
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The tenant" };

    private static readonly Option<string[]> Recipient = new("--recipient", "-r")
    {
        Description = "Who can decrypt: an X25519 recipient of age; repeatable",
        HelpName = "age1…",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb Create() => new Verb("tenant", "Whom bytes are encrypted for: add, ls, rm").With(
        new Verb("add", "Add a tenant, or recipients to one; what is stored already keeps its old recipients",
            "omega tenant add acme --recipient age1…",
            "omega put plan.pdf --tenant acme").With(Name, Recipient).Does(Add),
        new Verb("ls", "List tenants and their recipients").Does(List),
        new Verb("rm", "Remove a tenant, or some of its recipients; what is stored stays and stays decryptable",
            "omega tenant rm acme --yes",
            "omega tenant rm acme --recipient age1… --yes").With(Name, Recipient, Yes).Does(Remove));

    private static ExitCode Add(CommandContext context)
    {
        var recipients = context.Get(Recipient) ?? [];
        if (recipients.Length == 0)
            throw OmegaException.Usage("--recipient is missing", "--recipient", "omega key gen age makes one");
        using var service = Services.Open(context);
        var answer = service.AddTenant(context.Get(Name), recipients, context.Cancel);
        context.Terminal.Object(answer.Write);
        context.Terminal.Check($"tenant {answer.Tenant}: {Figures.Count(answer.Recipients.Count, "recipient")}");
        return ExitCode.Ok;
    }

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.Open(context);
        var tenants = service.Tenants(context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(tenants.Select(t => t.Line()));
            return ExitCode.Ok;
        }

        var table = new Table("tenant", "recipient");
        foreach (var tenant in tenants)
        {
            foreach (var recipient in tenant.Recipients) table.Add(tenant.Tenant, recipient);
        }

        if (tenants.Count == 0) context.Terminal.Notice("no tenants");
        else context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Remove(CommandContext context)
    {
        var recipients = context.Get(Recipient) ?? [];
        Confirmation.Require(context, context.Get(Yes), recipients.Length == 0
            ? $"Remove tenant {context.Get(Name)}? Its stored bytes stay."
            : $"Remove {recipients.Length} of the recipients of {context.Get(Name)}?");
        using var service = Services.Open(context);
        var answer = service.RemoveTenant(context.Get(Name), recipients, context.Cancel);
        context.Terminal.Object(answer.Write);
        context.Terminal.Check(answer.Recipients.Count == 0
            ? $"tenant {answer.Tenant} is gone"
            : $"tenant {answer.Tenant}: {Figures.Count(answer.Recipients.Count, "recipient")} left");
        return ExitCode.Ok;
    }
}
