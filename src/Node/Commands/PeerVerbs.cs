using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using Omega.P2P.Federation;
using Omega.P2P.Node.Discovery;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega peer invite|add|ls|rm`.</summary>
internal static class PeerVerbs
{
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(365);

    private static readonly Option<string> Expires = new("--expires")
    {
        Description = "How long the ticket is good: 30m, 24h, 7d",
        HelpName = "TIME",
        DefaultValueFactory = _ => "24h",
    };

    private static readonly Option<string> Name = new("--name")
    {
        Description = "What the peer will be called here",
        HelpName = "NAME",
    };

    private static readonly Argument<string> Ticket = new("TICKET")
    {
        Description = "omega1…, or - to read it from stdin",
    };

    private static readonly Argument<string> Peer = new("PEER") { Description = "PeerId or name" };

    private static readonly Option<string> For = new("--for")
    {
        Description = "How long to listen",
        HelpName = "TIME",
        DefaultValueFactory = _ => "3s",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask" };

    public static Verb Create() => new Verb("peer", "Trusted peers: invite, add, ls, rm; discover").With(
        new Verb("invite", "Print a ticket for one guest",
            "omega peer invite",
            "omega peer invite --expires 7d --name bob").With(Expires, Name).Does(Invite),
        new Verb("add", "Redeem a ticket: trust is mutual from then on",
            "omega peer add omega1…",
            "omega peer add - < ticket").With(Ticket, Name).Does(Add),
        new Verb("ls", "List trusted peers").Does(List),
        new Verb("discover", "Ask the local network (mDNS) who is there, trusted or not; nobody is trusted by it",
            "omega peer discover --for 5s").With(For).Does(Discover),
        new Verb("rm", "End the trust in a peer", "omega peer rm bob --yes").With(Peer, Yes).Does(Remove));

    private static ExitCode Invite(CommandContext context)
    {
        using var service = Services.OpenDaemon(context, "an invitation needs a node that can be reached");
        var answer = service.Invite(Lifetime(context.Get(Expires)!), context.Get(Name), context.Cancel);
        context.Terminal.Object(answer.Write);
        if (context.Terminal.Json) return ExitCode.Ok;
        context.Terminal.Line(answer.Ticket);
        context.Terminal.Notice($"for one guest, until {answer.Expires}: omega peer add TICKET");
        return ExitCode.Ok;
    }

    private static ExitCode Add(CommandContext context)
    {
        var ticket = context.Get(Ticket);
        if (ticket == "-") ticket = (Console.In.ReadLine() ?? "").Trim();
        using var service = Services.OpenDaemon(context, "joining needs a node that can reach others");
        var answer = service.Join(ticket, context.Get(Name), context.Cancel);
        context.Terminal.Object(answer.Write);
        context.Terminal.Check($"trusts {answer.Peer}, and is trusted by it");
        context.Terminal.Check($"follows {Table.Printable(answer.Name)} ({answer.DomainId})");
        return ExitCode.Ok;
    }

    private static ExitCode List(CommandContext context)
    {
        using var service = Services.Open(context);
        var peers = service.Peers(context.Cancel);
        if (context.Terminal.Json)
        {
            context.Terminal.Lines(peers.Select(p => Answers.AnswerFields.Line(p)));
            return ExitCode.Ok;
        }

        var table = new Table("name", "peer", "domain", "link", "standing", "addresses");
        foreach (var p in peers)
        {
            table.Add(p.Name, p.Peer, p.DomainId, p.Connected ? "up" : p.Dial?.ToString() ?? "down",
                p.Fault is null ? p.Standing : $"{p.Standing} ({p.Fault})", string.Join(' ', p.Addresses));
        }

        if (table.Count == 0) context.Terminal.Notice("no peers yet: omega peer invite, or omega peer add TICKET");
        context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Discover(CommandContext context)
    {
        var patience = TimeSpan.FromMilliseconds(Periods.Parse(context.Get(For)!, "--for"));
        var found = new ConcurrentDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        using (var discovery = LocalDiscovery.TryLook(input =>
        {
            if (input is NetworkInput.AddressesLearned heard) found[heard.Peer.ToString()] = heard.Addresses;
        }))
        {
            if (discovery is null)
                throw new OmegaException(ExitCode.NotAvailable, "no_multicast", "the local network cannot be asked");
            if (context.Cancel.WaitHandle.WaitOne(patience)) throw new OperationCanceledException(context.Cancel);
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        if (context.Home.DomainName() is not null)
        {
            using var service = Services.Open(context);
            foreach (var peer in service.Peers(context.Cancel)) names[peer.Peer] = peer.Name;
            names[service.Status(context.Cancel).Peer] = "(this node)";
        }

        var table = new Table("peer", "trusted as", "addresses");
        foreach (var (peer, addresses) in found.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var name = names.GetValueOrDefault(peer);
            context.Terminal.Object(w =>
            {
                w.WriteString("peer", peer);
                w.WriteString("name", name);
                w.Texts("addresses", addresses);
            });
            table.Add(peer, name ?? "-", string.Join(' ', addresses));
        }

        if (context.Terminal.Json) return ExitCode.Ok;
        if (table.Count == 0) context.Terminal.Notice("nobody answered: omega peer add TICKET needs no discovery");
        context.Terminal.Lines(table.Lines());
        return ExitCode.Ok;
    }

    private static ExitCode Remove(CommandContext context)
    {
        var peer = context.Get(Peer);
        using var service = Services.OpenDaemon(context, "ending trust is told to the mesh");
        // Nobody shall agree to what cannot be done.
        if (!service.Peers(context.Cancel).Any(p => p.Name == peer || p.Peer == peer))
            throw OmegaException.NotFound($"no peer is known as {peer}", "omega peer ls");
        Confirmation.Require(context, context.Get(Yes), $"End the trust in {peer} and forget its domain?");
        context.Terminal.Object(service.RemovePeer(peer, context.Cancel).Write);
        context.Terminal.Check($"{peer} is trusted no more");
        return ExitCode.Ok;
    }

    internal static TimeSpan Lifetime(string text)
    {
        var unit = text.Length == 0 ? ' ' : text[^1];
        var seconds = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        if (seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, null, out var count) &&
            count > 0 && count <= LifetimeMax.TotalSeconds / seconds)
            return TimeSpan.FromSeconds((long)count * seconds);
        throw OmegaException.Usage($"'{text}' is no time", "--expires", "write 30m, 24h or 7d, at most 365d");
    }
}
