using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Text;
using Omega.P2P.Benchmarks.Gossip;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Interop.Tests;

/// <summary>One gossipsub mesh of our routers and js-libp2p's: every message reaches all, none twice.</summary>
[SupportedOSPlatform("linux")]
public sealed class JsGossipTests
{
    private const string Topic = "interop";
    private const int MessagesEach = 20;

    [JsFact]
    public async Task MeshOfFiveOfTheirsAndFiveOfOursLosesAndRepeatsNothing()
    {
        var ours = Enumerable.Range(0, 5).Select(_ => new GossipHost()).ToList();
        var theirs = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => JsPeer.StartAsync("gossip")));
        try
        {
            var heard = ours.ToDictionary(node => node, _ => new ConcurrentQueue<string>());
            foreach (var node in ours)
            {
                node.OnDelivered = message => heard[node].Enqueue(Encoding.UTF8.GetString(message.Data.Span));
                node.Join(Topic);
            }

            foreach (var node in theirs) await node.CallAsync("join", Topic);
            await ConnectAsync(ours, theirs);
            await UntilAsync(async () =>
            {
                foreach (var node in ours)
                {
                    if (await node.AskAsync(router => router.MeshOf(Topic).Count) < 3) return false;
                }

                foreach (var node in theirs)
                {
                    if ((await node.CallAsync("mesh", Topic)).GetInt32() < 3) return false;
                }

                return true;
            });
            for (var i = 0; i < MessagesEach; i++)
            {
                for (var j = 0; j < 5; j++)
                {
                    // Small ones, and large ones that IDONTWANT is told of.
                    var filler = i % 4 == 0 ? new string('.', 2000) : "";
                    await ours[j].PublishAsync(Topic, Encoding.UTF8.GetBytes($"ours {j} {i}{filler}"));
                    await theirs[j].CallAsync("publish", Topic, $"theirs {j} {i}{filler}");
                }
            }

            const int FromOthers = MessagesEach * 9;
            await UntilAsync(async () =>
            {
                foreach (var node in theirs)
                {
                    if ((await node.CallAsync("heard")).GetArrayLength() < FromOthers) return false;
                }

                return heard.Values.All(h => h.Count >= FromOthers);
            });
            await Task.Delay(TimeSpan.FromSeconds(2)); // what is repeated comes late
            foreach (var node in theirs)
                Check((await node.CallAsync("heard")).EnumerateArray().Select(told => told.GetString() ?? ""));
            foreach (var told in heard.Values) Check(told);
            Assert.All(ours, node => Assert.Empty(node.Faults));
        }
        finally
        {
            foreach (var node in ours) node.Dispose();
            foreach (var node in theirs) node.Dispose();
        }
    }

    private static void Check(IEnumerable<string> heard)
    {
        var all = heard.ToList();
        Assert.Equal(MessagesEach * 9, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    // A ring with chords, dialled both ways: six neighbours each, of both kinds.
    private static async Task ConnectAsync(List<GossipHost> ours, JsPeer[] theirs)
    {
        for (var i = 0; i < 5; i++)
        {
            var next = (i + 1) % 5;
            ours[i].Dial(ours[next].Address, ours[next].Peer);
            await theirs[i].CallAsync("dial", await AddressOf(theirs[next]));
            Assert.True(PeerId.TryParse(theirs[i].PeerId, out var peer));
            ours[i].Dial((await AddressOf(theirs[i])).Split("/p2p/")[0], peer);
            await theirs[i].CallAsync("dial", $"{ours[next].Address}/p2p/{ours[next].Peer}");
        }
    }

    private static async Task<string> AddressOf(JsPeer peer) =>
        (await peer.CallAsync("addresses"))[0].GetString() ?? "";

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await holds()) return;
            await Task.Delay(100);
        }

        Assert.Fail("it did not come to hold within 30 s");
    }
}
