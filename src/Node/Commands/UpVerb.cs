using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using Omega.P2P.Node.Control;
using Omega.P2P.Node.Discovery;
using Omega.P2P.Node.Host;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;
using Omega.P2P.Node.Time;
using Omega.P2P.Node.Transport;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Storage;

namespace Omega.P2P.Node.Commands;

/// <summary>`omega up`: the daemon, in the foreground until SIGINT or SIGTERM.</summary>
internal static class UpVerb
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromSeconds(1);

    private static readonly Option<string[]> Listen = new("--listen")
    {
        Description = "Address for peers, repeatable (default: every interface, port 5311)",
        HelpName = "MULTIADDR",
    };

    private static readonly Option<string> Control = new("--control")
    {
        Description = "Address of the control API (default: 127.0.0.1:5310)",
        HelpName = "HOST:PORT",
    };

    private static readonly Option<bool> NoDiscovery = new("--no-discovery")
    {
        Description = "Do not look for peers on the local network",
    };

    public static Verb Create() =>
        new Verb("up", "Run the node in the foreground; makes keys and domain on first use",
            "omega up",
            "omega up --listen /ip4/0.0.0.0/tcp/0 --json")
        .With(Listen, Control, NoDiscovery)
        .Does(Run);

    private static ExitCode Run(CommandContext context)
    {
        var home = context.Home;
        var config = context.Config;
        var terminal = context.Terminal;
        foreach (var key in config.NotObeyed()) terminal.Notice($"{key} is set, and this version does not obey it yet");
        var setup = Patiently(context, () => DomainSetup.Ensure(home, config.Name));
        if (setup.RecoveryKey is { } recovery)
            terminal.Notice($"made the domain {setup.DomainName}; recovery key, shown this once: {recovery}");
        ThreadPool.SetMinThreads(32, 32); // commands wait for peers and disk on pool threads
        var sockets = ListenAddress.Bind(context.Has(Listen) ? context.Get(Listen) : config.Listen, terminal.Notice);
        TcpTransport? transport = null;
        using var node = Patiently(context, () => LocalNode.Open(home, config,
            (keys, loop) => transport = new TcpTransport(keys.Node, SystemRandom.Instance, loop.Tell,
                new UploadBudgets(
                    config.UploadBytesPerSecond, config.PeerUploadBytesPerSecond, SystemClock.Now().RunningMs))
            {
                IsCrowded = () => loop.IsCrowded,
            }, Notices.Log));
        using var network = transport!; // made by Open
        network.Listen(sockets);
        using var control = ControlServer.Start(home, context.Get(Control) ?? config.Control, node, terminal.Notice);
        using var idle = new Timer(_ => Idle(node), null, IdlePeriod, IdlePeriod);
        node.FollowCatalog(home);
        var status = node.Status(context.Cancel);
        using var discovery = context.Get(NoDiscovery) || !config.Discovery
            ? null
            : LocalDiscovery.TryStart(status.Peer, network.Addresses, node.Loop.Tell);
        node.Listen = [.. network.Addresses.Select(a => $"{a}/p2p/{status.Peer}")];
        Ready(terminal, status, node.Listen, control.Url, home.Root);
        WaitHandle.WaitAny([context.Cancel.WaitHandle, ((IAsyncResult)node.Loop.Running).AsyncWaitHandle]);
        if (node.Loop.Running.Exception is { } failure) throw failure;
        terminal.Notice("stopping");
        return ExitCode.Ok;
    }

    private static void Ready(
        Terminal terminal, Answers.StatusAnswer status, IReadOnlyList<string> listen, string control, string home)
    {
        terminal.Object(w =>
        {
            w.WriteString("event", "ready");
            w.WriteString("peer", status.Peer);
            w.WriteString("domain", status.Domain);
            w.WriteString("domain_id", status.DomainId);
            w.Texts("listen", listen);
            w.WriteString("control", control);
        });
        if (terminal.Json) return;
        terminal.Say($"domain   {terminal.Bold(status.Domain)}  {status.DomainId}");
        terminal.Say($"peer     {status.Peer}");
        foreach (var address in listen) terminal.Say($"listen   {address}");
        terminal.Say($"control  {control}");
        terminal.Say($"home     {home}");
        terminal.Say(terminal.Green("ready") + "; Ctrl-C stops it");
    }

    /// <summary>Another process may be ending just now: waits for the store's lock.</summary>
    private static T Patiently<T>(CommandContext context, Func<T> open)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return open();
            }
            catch (LockedException) when (clock.Elapsed < LockPatience)
            {
                if (context.Cancel.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100)))
                    throw new OperationCanceledException(context.Cancel);
            }
        }
    }

    private static void Idle(LocalNode node)
    {
        try
        {
            node.Store.Idle(SystemClock.Now());
            node.Store.KeepReserve();
            if (node.Store.IsScrubDue(SystemClock.Now())) node.Store.StartScrub(null, SystemClock.Now());
            var until = SystemClock.Now().RunningMs + 500;
            while (node.Store.WorkScrub(SystemClock.Now()) && SystemClock.Now().RunningMs < until)
                Thread.Sleep(10);
        }
        catch (Exception e) when (e is IOException or StoreReadOnlyException or ObjectDisposedException)
        {
            Log.Warn($"housekeeping: {e.Message}");
        }
    }
}
