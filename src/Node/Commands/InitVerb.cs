using System.CommandLine;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega init`: keys and domain; again, it changes nothing.</summary>
internal static class InitVerb
{
    private static readonly Option<string> Name = new("--name")
    {
        Description = "Name the domain proposes for itself (default: USER.personal)",
        HelpName = "NAME",
    };

    public static Verb Create() =>
        new Verb("init", "Make the keys and the domain of this home", "omega init --name alice.personal")
            .With(Name)
            .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var made = DomainSetup.Ensure(context.Home, context.Get(Name) ?? context.Config.Name);
        if (made.RecoveryKey is null)
        {
            using var service = Services.Open(context);
            made = made with { DomainId = service.Status(context.Cancel).DomainId };
        }

        Show(context.Terminal, context.Home, made);
        return ExitCode.Ok;
    }

    /// <summary>Says what there is now. The recovery key is shown only by the call that made it.</summary>
    private static void Show(Terminal terminal, OmegaHome home, DomainSetup setup)
    {
        terminal.Object(w =>
        {
            w.WriteString("peer", setup.Peer);
            w.WriteString("domain", setup.DomainName);
            w.WriteString("domain_id", setup.DomainId);
            w.WriteString("home", home.Root);
            w.WriteBoolean("created", setup.RecoveryKey is not null);
            if (setup.RecoveryKey is { } secret) w.WriteString("recovery_key", secret);
        });
        if (terminal.Json) return;
        terminal.Say($"domain    {terminal.Bold(setup.DomainName)}");
        terminal.Say($"id        {setup.DomainId}");
        terminal.Say($"peer      {setup.Peer}");
        terminal.Say($"home      {home.Root}");
        if (setup.RecoveryKey is { } recovery) Reveal(terminal, recovery);
    }

    private static void Reveal(Terminal terminal, string recovery)
    {
        terminal.Line("");
        terminal.Line($"recovery key (shown this once; keep it off this machine): {recovery}");
    }
}
