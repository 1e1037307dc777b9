using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Omega.P2P.Interop.Tests;

/// <summary>A node of theirs in a process of its own (js/peer.mjs, helia/peer.mjs), driven by lines of JSON.</summary>
internal sealed class JsPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(
        Environment.GetEnvironmentVariable("OMEGA_FULL") == "1" ? 600 : 60);
    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private int _lastId;

    private JsPeer(Process process)
    {
        _process = process;
        _waiting[0] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public string PeerId { get; private set; } = "";

    /// <summary>Starts a node with the services named: <c>gossip</c>, <c>mdns</c>.</summary>
    public static Task<JsPeer> StartAsync(params string[] services) =>
        StartInAsync(JsFactAttribute.ScriptFolder, services);

    /// <summary>Starts the <c>peer.mjs</c> of a folder.</summary>
    public static Task<JsPeer> StartInAsync(string folder, params string[] services) =>
        StartProcessAsync(folder, "node", ["peer.mjs", .. services]);

    /// <summary>Starts a js-libp2p node in a network namespace.</summary>
    public static Task<JsPeer> StartInNetworkAsync(string network, params string[] services) => StartProcessAsync(
        JsFactAttribute.ScriptFolder, "ip", ["netns", "exec", network, "node", "peer.mjs", .. services]);

    private static async Task<JsPeer> StartProcessAsync(string folder, string program, string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("node did not start");
        var peer = new JsPeer(process);
        process.OutputDataReceived += (_, line) => peer.OnLine(line.Data);
        process.ErrorDataReceived += (_, line) => peer._complaints.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        peer.PeerId = (await peer.WaitAsync(0)).GetString() ?? "";
        return peer;
    }

    public async Task<JsonElement> CallAsync(string call, params object[] args)
    {
        var id = Interlocked.Increment(ref _lastId);
        _waiting[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { id, call, args }));
        await _process.StandardInput.FlushAsync();
        return await WaitAsync(id);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<JsonElement> WaitAsync(int id)
    {
        try
        {
            return await _waiting[id].Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException("the node did not answer: " + string.Join('\n', _complaints));
        }
    }

    private void OnLine(string? line)
    {
        if (string.IsNullOrEmpty(line))
        {
            return;
        }

        var answer = JsonDocument.Parse(line).RootElement;
        if (!_waiting.TryGetValue(answer.GetProperty("id").GetInt32(), out var waiting))
        {
            return;
        }

        if (answer.TryGetProperty("error", out var error))
        {
            waiting.SetException(new InvalidOperationException(error.GetString()));
        }
        else
        {
            waiting.SetResult(answer.TryGetProperty("value", out var value) ? value : default);
        }
    }
}
