using System.Collections.Concurrent;
using System.Diagnostics;
using Omega.P2P.Interop.Tests;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>mDNS between a daemon on two cables and other people's programs at their ends: js-libp2p and
/// avahi.</summary>
public sealed class MdnsInteropTests : IDisposable
{
    private readonly Wires _wires = new();
    private readonly TestHome _alice;

    public MdnsInteropTests()
    {
        _alice = new TestHome("alice", _wires.Middle) { Discovers = true };
        _alice.Init();
    }

    public void Dispose()
    {
        _alice.Dispose();
        _wires.Dispose();
    }

    [NetworkFact("node:nodejs")]
    public async Task JsLibp2pAndWeFindEachOtherOnEveryCable()
    {
        if (new JsFactAttribute().Skip is { } missing) Assert.Fail(missing);
        using var js = await JsPeer.StartInNetworkAsync(_wires.Left, "mdns", "/ip4/10.79.1.2/tcp/0");
        _alice.Up("--listen", "/ip4/0.0.0.0/tcp/0");
        var us = _alice.Ready.Text("peer");
        var found = await Eventually(async () => await js.CallAsync("found"), f => f.TryGetProperty(us, out _));
        Assert.Contains(
            found.GetProperty(us).EnumerateArray().Select(a => a.GetString()),
            a => a!.StartsWith("/ip4/10.79.1.1/tcp/", StringComparison.Ordinal));
        // From the middle both are seen: js over the cable, the daemon over either.
        var seen = Discover(_wires.Middle);
        Assert.Contains(seen, s => s.Contains(js.PeerId, StringComparison.Ordinal) && s.Contains(
            "/ip4/10.79.1.2/tcp/", StringComparison.Ordinal));
        Assert.Contains(Discover(_wires.Right), s => s.Contains(us, StringComparison.Ordinal)
            && s.Contains("/ip4/10.79.2.1/tcp/", StringComparison.Ordinal));
    }

    [NetworkFact("avahi-browse:avahi-utils", "avahi-daemon:avahi-daemon", "dbus-daemon:dbus-daemon")]
    public void AvahiShowsTheServiceWithItsTextAndItsEnd()
    {
        using var avahi = new Avahi(_wires.Left);
        _alice.Up("--listen", "/ip4/0.0.0.0/tcp/0");
        var peer = _alice.Ready.Text("peer");
        // +;interface;protocol;name;type;domain and =;…;host;address;port;text
        var resolved = TestHome.Until(() => avahi.Lines('='), lines => lines.Count > 0)[0].Split(';');
        Assert.Equal(["cable", "IPv4", "_p2p._udp", "local"], [resolved[1], resolved[2], resolved[4], resolved[5]]);
        Assert.StartsWith("10.79.1.1", resolved[7], StringComparison.Ordinal);
        Assert.Contains($"dnsaddr=/ip4/10.79.1.1/tcp/{resolved[8]}/p2p/{peer}", resolved[9], StringComparison.Ordinal);
        Assert.Contains("_p2p._udp", avahi.Types(), StringComparison.Ordinal);
        Assert.Equal(0, _alice.Stop());
        // The goodbye tells it, not the end of 120 s.
        TestHome.Until(() => avahi.Lines('-'), lines => lines.Count > 0, seconds: 5);
    }

    private List<string> Discover(string network)
    {
        // Nobody's home: it looks, and says nothing.
        var looked = Wires.Run(
            network, OmegaProgram.Launcher, "peer", "discover", "--for", "1s", "--json", "--home", _alice["nobody"]);
        return [.. looked.Require(0).Lines];
    }

    private static async Task<T> Eventually<T>(Func<Task<T>> look, Func<T, bool> holds)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(200))
        {
            var seen = await look();
            if (holds(seen)) return seen;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"still only {seen}");
        }
    }

    /// <summary>avahi-daemon in a namespace, with a message bus of its own, and a browser of our service.</summary>
    private sealed class Avahi : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("omega-avahi-").FullName;
        private readonly string _network;
        private readonly Process _all;
        private readonly ConcurrentQueue<string> _lines = new();

        public Avahi(string network)
        {
            _network = network;
            File.WriteAllText(Path.Combine(_folder, "bus.conf"), $"""
                <busconfig><type>system</type><listen>unix:path={_folder}/bus</listen><auth>EXTERNAL</auth>
                <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
                <allow receive_sender="*"/></policy></busconfig>
                """);
            File.WriteAllText(Path.Combine(_folder, "avahi.conf"), """
                [server]
                host-name=browser
                use-ipv6=no
                [publish]
                disable-publishing=yes
                """);
            // /run is the namespace's own while this shell lives: nothing of the machine's is touched.
            File.WriteAllText(Path.Combine(_folder, "start.sh"), $"""
                set -e
                mount -t tmpfs none /run
                mkdir -p /run/avahi-daemon
                export DBUS_SYSTEM_BUS_ADDRESS=unix:path={_folder}/bus PATH=$PATH:/usr/sbin
                dbus-daemon --config-file={_folder}/bus.conf --nofork --nopidfile & bus=$!
                while [ ! -S {_folder}/bus ]; do sleep 0.05; done
                avahi-daemon --file={_folder}/avahi.conf --no-drop-root --no-chroot --no-proc-title >&2 & avahi=$!
                while [ ! -S /run/avahi-daemon/socket ]; do sleep 0.05; done
                avahi-browse --parsable --resolve --no-db-lookup _p2p._udp & browser=$!
                read -r end || true
                kill $browser $avahi $bus
                """);
            _all = OmegaProgram.Spawn(
                "ip", ["netns", "exec", network, "unshare", "-m", "sh", Path.Combine(_folder, "start.sh")]);
            _all.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
            _all.BeginOutputReadLine();
            _all.BeginErrorReadLine();
        }

        public List<string> Lines(char kind) => [.. _lines.Where(l => l.StartsWith(kind))];

        /// <summary>All types of services that are there.</summary>
        public string Types() => Wires.Run(
            _network, "env", $"DBUS_SYSTEM_BUS_ADDRESS=unix:path={_folder}/bus", "avahi-browse", "--all", "--terminate",
            "--parsable", "--no-db-lookup").Require(0).Output;

        public void Dispose()
        {
            _all.StandardInput.Close();
            if (!_all.WaitForExit(TimeSpan.FromSeconds(5))) _all.Kill(entireProcessTree: true);
            _all.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
