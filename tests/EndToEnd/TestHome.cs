using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>A home in a temporary folder, and its daemon where one was started. Both are gone after the test.</summary>
internal sealed class TestHome : IDisposable
{
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);

    private readonly StringBuilder _log = new();
    private readonly string? _network;
    private Process? _daemon;

    /// <param name="name">Of the domain, <c>NAME.personal</c>.</param>
    /// <param name="network">A network namespace that the daemon lives in; none is this one.</param>
    public TestHome(string name = "alice", string? network = null)
    {
        Name = name;
        _network = network;
        Folder = Directory.CreateTempSubdirectory("omega-e2e-").FullName;
    }

    public string Name { get; }

    public string Folder { get; }

    public string Home => Path.Combine(Folder, "home");

    public string DomainName => $"{Name}.personal";

    public string DomainFolder => Path.Combine(Home, "asl", "domains", DomainName);

    /// <summary>Whether the daemon looks for peers on the local network.</summary>
    public bool Discovers { get; init; }

    public JsonElement Ready { get; private set; }

    /// <summary>From the daemon's process start to its ready line, seconds.</summary>
    public double StartSeconds { get; private set; }

    public string DomainId => Ready.Text("domain_id");

    public int DaemonId => _daemon?.Id ?? throw new InvalidOperationException("no daemon");

    public string this[string name] => Path.Combine(Folder, name);

    public TestHome Init()
    {
        Run("init", "--name", DomainName).Require(0);
        return this;
    }

    public Ended Run(params string[] arguments) => OmegaProgram.Run([.. arguments, "--home", Home], folder: Folder);

    public Ended Json(params string[] arguments) => Run([.. arguments, "--json"]);

    public Ended Feed(byte[] input, params string[] arguments) =>
        OmegaProgram.Run([.. arguments, "--home", Home], input, folder: Folder);

    public string Put(string path, params string[] options) =>
        Json(["put", path, .. options]).Require(0).Object.Text("cid");

    public string StateOf(string cid) =>
        Json("ls").Require(0).Objects.First(o => o.Text("cid") == cid).Text("state");

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public TestHome Up(params string[] options)
    {
        var clock = Stopwatch.StartNew();
        // `ip netns exec` becomes the program: the process id stays the daemon's.
        string[] program = _network is null
            ? [OmegaProgram.Launcher] : ["ip", "netns", "exec", _network, OmegaProgram.Launcher];
        _daemon = OmegaProgram.Spawn(program[0],
        [
            .. program[1..], "up", "--json", "--listen", "/ip4/127.0.0.1/tcp/0", "--control", "127.0.0.1:0",
            "--home", Home, .. Discovers ? Array.Empty<string>() : ["--no-discovery"], .. options,
        ]);
        _daemon.ErrorDataReceived += (_, e) =>
        {
            lock (_log) _log.AppendLine(e.Data);
        };
        _daemon.BeginErrorReadLine();
        var line = _daemon.StandardOutput.ReadLineAsync();
        if (!line.Wait(ReadyPatience) || line.Result is null)
            throw new InvalidOperationException($"no ready line: {Log}");
        StartSeconds = clock.Elapsed.TotalSeconds;
        Ready = JsonDocument.Parse(line.Result).RootElement;
        return this;
    }

    /// <summary>The daemon's control API, with its token.</summary>
    public HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = new Uri(Ready.Text("control")) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer",
            File.ReadAllText(Path.Combine(Home, "control.token")));
        return http;
    }

    /// <summary>Redeems a ticket of another home's daemon.</summary>
    public string Join(TestHome issuer)
    {
        var ticket = issuer.Json("peer", "invite").Require(0).Object.Text("ticket");
        var joined = Json("peer", "add", ticket).Require(0).Object;
        Assert.Equal(issuer.DomainId, joined.Text("domain_id"));
        return ticket;
    }

    /// <summary>Waits until another domain shows an artifact here.</summary>
    public void AwaitListed(string domain, string cid) => Until(
        () => Json("ls", "--domain", domain),
        r => r.Exit == 0 && r.Objects.Any(o => o.Text("cid") == cid));

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public int Stop()
    {
        var daemon = _daemon ?? throw new InvalidOperationException("no daemon");
        OmegaProgram.RunProgram("kill", ["-TERM", daemon.Id.ToString()]).Require(0);
        Assert.True(daemon.WaitForExit(TimeSpan.FromSeconds(15)), "the daemon did not stop");
        var code = daemon.ExitCode;
        daemon.Dispose();
        _daemon = null;
        return code;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (_daemon is null) return;
        _daemon.Kill();
        _daemon.WaitForExit();
        _daemon.Dispose();
        _daemon = null;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Repeats until it holds; news need a moment to travel.</summary>
    public static T Until<T>(Func<T> look, Func<T, bool> holds, int seconds = 20)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = look();
            if (holds(seen)) return seen;
            if (clock.Elapsed.TotalSeconds > seconds) Assert.Fail($"still not so after {seconds} s: {seen}");
            System.Threading.Thread.Sleep(100);
        }
    }
}
