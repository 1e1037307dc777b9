using System.Diagnostics;
using System.Security.Cryptography;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Demo;

/// <summary>
/// The whole story on one machine: three nodes, one artifact, the full circle. Every step is checked and stops the demo
/// when it does not hold; the folder and the processes are gone at the end, however it ends.
/// </summary>
internal sealed class DemoStory : IDisposable
{
    private const int MadeBytes = 5 * 1024 * 1024;

    private readonly Terminal _terminal;
    private readonly CancellationToken _cancel;
    private readonly string _folder = Directory.CreateTempSubdirectory("omega-demo-").FullName;
    private readonly DemoNode _alice;
    private readonly DemoNode _bob;
    private readonly DemoNode _stranger;
    private readonly string _file;
    private int _step;

    public DemoStory(Terminal terminal, string? file, CancellationToken cancel)
    {
        _terminal = terminal;
        _cancel = cancel;
        _alice = new DemoNode("alice", _folder);
        _bob = new DemoNode("bob", _folder);
        _stranger = new DemoNode("stranger", _folder);
        _file = file ?? MakeFile();
    }

    public void Play()
    {
        var clock = Stopwatch.StartNew();
        var shown = Path.GetFileName(_file);
        _terminal.Say($"three nodes on this machine, in {_folder} (removed at the end)");
        StartAll();
        var cid = Put(shown);
        var ticket = Meet();
        RefuseStranger(ticket, cid);
        Fetch(cid);
        EvictAndBringBack(cid);
        LoseHolder(cid);
        Check();
        _terminal.Say("");
        _terminal.Say($"all of it held, in {clock.Elapsed.TotalSeconds:0.0} s. Your own node: omega up");
        _terminal.Object(w =>
        {
            w.WriteString("event", "demo");
            w.WriteString("cid", cid);
            w.WriteNumber("seconds", Math.Round(clock.Elapsed.TotalSeconds, 3));
        });
    }

    public void Dispose()
    {
        foreach (var node in (DemoNode[])[_alice, _bob, _stranger]) node.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void StartAll()
    {
        Step("alice, bob and a stranger start their nodes", "omega up");
        DemoNode[] nodes = [_alice, _bob, _stranger];
        Parallel.ForEach(nodes, n => n.Start());
        foreach (var node in nodes)
            Tell($"{node.Name,-8} {node.Ready.Text("domain")}  {node.Ready.Text("peer")}");
    }

    private string Put(string shown)
    {
        Step("alice takes in a file and publishes it to her peers",
            $"alice$ omega put {shown} --kind snapshot.vm --brane replay --publish");
        var put = _alice.Run("put", _file, "--kind", "snapshot.vm", "--brane", "replay", "--publish")
            .Require(ExitCode.Ok);
        var cid = put.Object.Text("cid")!;
        Tell($"{cid}");
        var size = Figures.Bytes(put.Object.Number("size") ?? 0);
        Tell($"{size}, signed by brane.replay, received and signed by alice's node");
        return cid;
    }

    private string Meet()
    {
        Step("alice invites one guest; bob redeems the ticket",
            "alice$ omega peer invite     bob$ omega peer add omega1…");
        var ticket = _alice.Run("peer", "invite").Require(ExitCode.Ok).Object.Text("ticket")!;
        var joined = _bob.Run("peer", "add", ticket).Require(ExitCode.Ok).Object;
        Tell($"bob trusts alice by her key, and she trusts his; he follows {joined.Text("domain")}");
        return ticket;
    }

    private void RefuseStranger(string ticket, string cid)
    {
        Step("a stranger got hold of the same ticket", "stranger$ omega peer add omega1…");
        var refused = _stranger.Run("peer", "add", ticket);
        if (refused.Exit is ExitCode.Ok) throw Broken("the stranger was let in");
        Tell($"refused: {refused.Failure}");
        _stranger.Run("get", cid).Require(ExitCode.NotFound);
        Tell("and the id alone opens nothing: not found");
    }

    private void Fetch(string cid)
    {
        Step("bob lists alice's domain, each entry checked against her signed head",
            "bob$ omega ls --domain alice.demo");
        var listed = Until(() => _bob.Run("ls", "--domain", _alice.DomainId),
            r => r.Exit == ExitCode.Ok && r.Objects.Any(o => o.Text("cid") == cid));
        var row = listed.Objects.First(o => o.Text("cid") == cid);
        Tell($"{cid[..11]}  {row.Text("kind")}  {Figures.Bytes(row.Number("size") ?? 0)}  {row.Text("state")}");
        Step("bob fetches it, verified while it streams", $"bob$ omega get {cid[..11]} -o snap.bin");
        ShowGet(_bob, cid, "bob.bin");
    }

    private void EvictAndBringBack(string cid)
    {
        Step("alice frees her copy: bob has proven that he holds all of it", $"alice$ omega evict {cid[..11]}");
        var evicted = _alice.Run("evict", cid).Require(ExitCode.Ok).Object;
        Tell($"freed {Figures.Bytes(evicted.Number("bytes_freed") ?? 0)}");
        var state = _alice.Run("ls").Require(ExitCode.Ok).Objects.First(o => o.Text("cid") == cid).Text("state");
        if (state != "evicted") throw Broken($"the artifact is {state}");
        Tell("it is still listed, as evicted: existence is not availability");
        Step("alice wants it back; it comes from bob, block by block", $"alice$ omega get {cid[..11]} -o again.bin");
        ShowGet(_alice, cid, "again.bin");
    }

    private void LoseHolder(string cid)
    {
        Step("evicted again, and bob is gone", $"alice$ omega evict {cid[..11]} ; omega get {cid[..11]}");
        _alice.Run("evict", cid).Require(ExitCode.Ok);
        _bob.Stop();
        var away = _alice.Run("get", cid).Require(ExitCode.NotAvailable);
        Tell($"exit 6, not available now: {away.Failure}");
        _bob.Start();
        Until(() => _alice.Run("get", cid), r => r.Exit == ExitCode.Ok);
        Tell("bob is back, and so are the bytes");
    }

    private void Check()
    {
        Step("every block, log record, root and signature is checked", "alice$ omega verify");
        foreach (var node in (DemoNode[])[_alice, _bob])
        {
            var verified = node.Run("verify").Require(ExitCode.Ok).Object;
            Tell($"{node.Name}: {verified.Number("blocks")} blocks ({Figures.Bytes(verified.Number("bytes") ?? 0)}), " +
                $"{verified.Number("records")} log records");
        }
    }

    private void ShowGet(DemoNode node, string cid, string name)
    {
        var path = Path.Combine(_folder, name);
        var got = node.Run("get", cid, "-o", path).Require(ExitCode.Ok).Object;
        foreach (var signature in got.GetProperty("signatures").EnumerateArray())
            Tell($"verified {signature.Text("short")} ({signature.Text("role")})");
        Tell($"wrote {Figures.Bytes(got.Number("bytes") ?? 0)} → {name}");
        if (!Sha256(path).AsSpan().SequenceEqual(Sha256(_file))) throw Broken("the files differ");
        Tell("sha256 of both files is the same");
    }

    /// <summary>News need a moment to travel; a person would try again, too.</summary>
    private DemoResult Until(Func<DemoResult> run, Func<DemoResult, bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var result = run();
            if (holds(result)) return result;
            if (clock.Elapsed > TimeSpan.FromSeconds(10)) throw Broken($"omega {result.Command}: {result.Failure}");
            _cancel.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
            _cancel.ThrowIfCancellationRequested();
        }
    }

    private void Step(string what, string command)
    {
        _cancel.ThrowIfCancellationRequested();
        _terminal.Say("");
        _terminal.Say(_terminal.Bold($"{++_step}. {what}"));
        _terminal.Say(_terminal.Dim($"   {command}"));
    }

    private void Tell(string what) => _terminal.Check(Table.Printable(what));

    private string MakeFile()
    {
        var path = Path.Combine(_folder, "snap.bin");
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(MadeBytes));
        return path;
    }

    private static byte[] Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return SHA256.HashData(stream);
    }

    private static OmegaException Broken(string what) => new(ExitCode.Error, "demo_failed", what);
}
