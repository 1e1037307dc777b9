using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace Omega.P2P.Benchmarks.Gossip;

/// <summary>
/// Twenty nodes in one process over loopback TCP, six neighbours each, 256-byte messages: one each 10 ms, or all at
/// once. The same shape as accept/gossip.mjs runs with js-libp2p. Prints one JSON line for each.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class GossipMeasurement
{
    private const string Topic = "bench";
    private const int MessageBytes = 256;

    public static async Task<int> RunAsync(string[] args)
    {
        var paced = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1000;
        var burst = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2000;
        var nodes = Enumerable.Range(0, 20).Select(_ => new GossipHost()).ToList();
        foreach (var node in nodes) node.Join(Topic);
        foreach (var step in new[] { 1, 4, 9 })
        {
            for (var i = 0; i < nodes.Count; i++)
            {
                var to = nodes[(i + step) % nodes.Count];
                nodes[i].Dial(to.Address, to.Peer);
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(5)); // heartbeats build the mesh, as in the peer's measurement
        await MeasureAsync("gossip-paced", nodes, paced, TimeSpan.FromMilliseconds(10));
        await MeasureAsync("gossip-burst", nodes, burst, TimeSpan.Zero);
        foreach (var node in nodes) node.Dispose();
        return 0;
    }

    private static async Task MeasureAsync(string op, List<GossipHost> nodes, int count, TimeSpan gap)
    {
        var latencies = new long[nodes.Count * count];
        var delivered = 0;
        var repeated = 0;
        long last = 0;
        for (var n = 0; n < nodes.Count; n++)
        {
            var at = n * count;
            nodes[n].OnDelivered = message =>
            {
                var now = Stopwatch.GetTimestamp();
                var data = message.Data.Span;
                ref var latency = ref latencies[at + BinaryPrimitives.ReadInt32LittleEndian(data)];
                if (latency != 0) Interlocked.Increment(ref repeated);
                latency = now - BinaryPrimitives.ReadInt64LittleEndian(data[8..]);
                Interlocked.Exchange(ref last, now);
                Interlocked.Increment(ref delivered);
            };
        }

        using var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var begin = Stopwatch.GetTimestamp();
        var publishing = new List<Task>();
        for (var m = 0; m < count; m++)
        {
            var due = begin + (long)(m * gap.TotalSeconds * Stopwatch.Frequency);
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.FromMilliseconds(1)) await Task.Delay(wait);
            var data = new byte[MessageBytes];
            BinaryPrimitives.WriteInt32LittleEndian(data, m);
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(8), Stopwatch.GetTimestamp());
            publishing.Add(nodes[m % nodes.Count].PublishAsync(Topic, data));
        }

        await Task.WhenAll(publishing);
        var published = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var wanted = count * (nodes.Count - 1);
        for (var i = 0; i < 400 && Volatile.Read(ref delivered) < wanted; i++) await Task.Delay(25);
        process.Refresh();
        var cpu = (process.TotalProcessorTime - cpuBefore).TotalSeconds;
        var sorted = latencies.Where(l => l != 0).Order().Select(l => l * 1000.0 / Stopwatch.Frequency).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{{\"peer\":\"omega\",\"op\":\"{op}\",\"nodes\":{nodes.Count},\"messages\":{count},"
            + $"\"delivered_pct\":{100.0 * sorted.Length / wanted:F2},\"repeated\":{repeated},"
            + $"\"p50_ms\":{At(sorted, 0.50):F2},\"p99_ms\":{At(sorted, 0.99):F2},"
            + $"\"seconds\":{(last - begin) / (double)Stopwatch.Frequency:F3},\"publish_seconds\":{published:F3},"
            + $"\"cpu_s\":{cpu:F2},\"rss_mb\":{process.WorkingSet64 / 1048576.0:F0}}}"));
    }

    private static double At(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
