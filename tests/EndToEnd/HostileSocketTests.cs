using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>
/// What strangers may do to a running daemon through its port. After each: the daemon has hung up on them, its memory
/// is where it may be, and a friend is served as before.
/// </summary>
public sealed class HostileSocketTests : IClassFixture<HostileSocketTests.Besieged>
{
    private const string Catalog = "/omega/catalog/1", Bitswap = "/ipfs/bitswap/1.2.0";

    private readonly Besieged _town;

    public HostileSocketTests(Besieged town) => _town = town;

    [Fact]
    public void SilentConnectionsWithoutEndDoNotKeepFriendsOut()
    {
        var silent = Enumerable.Range(0, 400).Select(i => Try(() => Rogue($"127.0.1.{1 + (i % 20)}"))).ToList();
        Assert.InRange(_town.Connections(), 0, 64 + 20);
        _town.Friend.Stop();
        _town.Friend.Up();
        TestHome.Until(
            () => _town.Friend.Json("peer", "ls").Require(0).Object.GetProperty("connected").GetBoolean(), up => up);
        silent.ForEach(one => one?.Dispose());
        _town.RequireWell();
    }

    [Fact]
    public void SourceThatConnectsWithoutEndIsTurnedAwayBeforeItCosts()
    {
        var cpu = _town.CpuSeconds();
        for (var i = 0; i < 3000; i++) Try(() => Rogue("127.0.2.1"))?.Dispose();
        Assert.InRange(_town.CpuSeconds() - cpu, 0, 3);
        _town.RequireLinked();
    }

    [Theory]
    [InlineData("ping flood", 2, RoguePeer.Syn, 0u, 7)]
    [InlineData("credits of a byte", 1, 0, 1u, 1)]
    [InlineData("window over the top", 1, 0, 1u, 0xffffffff)]
    [InlineData("more than the window", 0, 0, 1u, 0x7fffffff)]
    [InlineData("frame for no stream", 0, 0, 9u, 1)]
    public void FloodsAndAbuseOfYamuxEndTheLink(string label, int kind, int flags, uint stream, long length)
    {
        Assert.NotEmpty(label);
        using var rogue = Rogue().Handshake().Listening();
        Assert.True(rogue.TrySend(RoguePeer.Open(1, Catalog)));
        var frame = RoguePeer.Frame(kind, flags, stream, length);
        var many = Enumerable.Repeat(frame, 500).ToArray();
        Assert.True(Until(() => !rogue.TrySend(many)), "it was never hung up on");
        _town.RequireLinked();
    }

    [Theory]
    [InlineData("frame over its bound", new byte[] { 0x81, 0x80, 0x40 })]
    [InlineData("endless varint", new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    [InlineData("varint in more bytes than it needs", new byte[] { 0x81, 0x00 })]
    public void BadLengthsCutTheirStreamAndNothingIsHeld(string label, byte[] bytes)
    {
        Assert.NotEmpty(label);
        using var rogue = Rogue().Handshake();
        var before = _town.MemoryBytes();
        Assert.True(rogue.TrySend(RoguePeer.Open(1, Catalog, bytes)));
        for (var i = 0; i < 50; i++) rogue.TrySend(RoguePeer.Data(1, new byte[64_000]));
        Assert.InRange(_town.MemoryBytes() - before, long.MinValue, 30_000_000);
        _town.RequireLinked();
    }

    [Fact]
    public void StreamsOpenedAndResetWithoutEndEndTheLink()
    {
        using var rogue = Rogue().Handshake().Listening();
        uint id = 1;
        var cpu = _town.CpuSeconds();
        Assert.True(Until(() => !rogue.TrySend([.. Enumerable.Range(0, 200).SelectMany(_ =>
        {
            id += 2;
            return (byte[][])[RoguePeer.Open(id, Catalog, 1, 0xa0), RoguePeer.Frame(0, RoguePeer.Rst, id, 0)];
        })])), "it was never hung up on");
        Assert.InRange(_town.CpuSeconds() - cpu, 0, 5);
        _town.RequireWell();
    }

    [Fact]
    public void FramesThatAreNeverEndedAreNotHeldWithoutEnd()
    {
        var before = _town.MemoryBytes();
        var rogues = Enumerable.Range(0, 20).Select(i => Rogue($"127.0.3.{i + 1}").Handshake().Listening()).ToList();
        // Each claims messages of 4 MiB on 20 streams, and sends 1.5 MB of each: 600 MB, were they held.
        var claim = new byte[] { 0x80, 0x80, 0x80, 0x02 };
        Parallel.ForEach(rogues, new ParallelOptions { MaxDegreeOfParallelism = 4 }, rogue =>
        {
            for (uint id = 1; id < 41; id += 2) rogue.TrySend(RoguePeer.Open(id, Bitswap, claim));
            for (var piece = 0; piece < 48; piece++)
            {
                for (uint id = 1; id < 41; id += 2)
                {
                    if (!rogue.TrySend(RoguePeer.Data(id, new byte[32_000]))) return;
                }
            }
        });
        var held = _town.MemoryBytesMost() - before;
        Assert.True(Until(() => rogues.Exists(rogue => !rogue.TrySend(RoguePeer.Data(1, [0])))), $"held {held}");
        // 134 MB may be held; about 35 MB more are what the collector and the tables take (measured: 170 MB).
        Assert.InRange(held, long.MinValue, 240_000_000);
        rogues.ForEach(rogue => rogue.Dispose());
        _town.RequireWell();
    }

    [Fact]
    public async Task QuestionsWhoseAnswersNobodyReadsAreNotAnsweredOn()
    {
        using var rogue = Rogue().Handshake();
        var before = _town.MemoryBytes();
        var question = new byte[] { 1, 0xa0 };
        rogue.TrySend(RoguePeer.Open(1, Catalog));
        byte[] questions = [.. Enumerable.Repeat(question, 20_000).SelectMany(q => q)];
        var sent = Task.Run(() =>
        {
            for (var i = 0; i < 200 && rogue.TrySend(RoguePeer.Data(1, questions)); i++)
            {
            }
        });
        await Task.WhenAny(sent, Task.Delay(TimeSpan.FromSeconds(2))); // it may be held back, which is the point
        Assert.InRange(_town.MemoryBytes() - before, long.MinValue, 60_000_000);
        _town.RequireWell();
    }

    [Fact]
    public void StrangerThatOpensStreamsFasterThanItMayIsHungUpOn()
    {
        using var rogue = Rogue().Handshake().Listening();
        uint id = 1;
        Assert.True(Until(() => !rogue.TrySend([.. Enumerable.Range(0, 100).Select(_ =>
            RoguePeer.Open(id += 2, Catalog, 1, 0xa0))])), "it was never hung up on");
        _town.RequireLinked();
    }

    [Fact]
    public void HandshakeThatWasChangedOrIsSaidAgainIsWorthNothing()
    {
        using var changed = Rogue().Handshake(third => [.. third[..^1], (byte)(third[^1] ^ 1)]);
        Assert.True(changed.HangsUp());
        // Everything that an honest peer said, once more: the daemon's own part is another.
        using var honest = Rogue().Handshake();
        using var replay = Rogue();
        foreach (var bytes in honest.Said) replay.Say(bytes);
        Assert.True(replay.HangsUp());
        _town.RequireLinked();
    }

    [Theory]
    [InlineData("other people's protocol", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("no newline", "\u0003abc")]
    [InlineData("endless length", "\u00ff\u00ff\u00ff\u00ff\u00ff")]
    public void WhatIsNoLibp2pIsHungUpOn(string label, string text)
    {
        Assert.NotEmpty(label);
        using var rogue = Rogue();
        rogue.Say(System.Text.Encoding.Latin1.GetBytes(text + new string('x', 2000)));
        Assert.True(rogue.HangsUp());
    }

    [Fact]
    public async Task BytesThatDribbleAreHungUpOnAtTheDeadline() => Assert.InRange(await _town.Dribbling, 9, 16);

    private RoguePeer Rogue(string from = "127.0.0.1") => new(_town.Address, from);

    private static RoguePeer? Try(Func<RoguePeer> connect)
    {
        try
        {
            return connect();
        }
        catch (System.Net.Sockets.SocketException)
        {
            return null; // turned away already
        }
    }

    private static bool Until(Func<bool> holds)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(20);)
        {
            if (holds()) return true;
        }

        return false;
    }

    /// <summary>A daemon that serves a friend, and what it costs.</summary>
    public sealed class Besieged : IDisposable
    {
        private readonly TestHome _alice = new("alice");
        private readonly Task<double> _dribbling;
        private uint _puts = 100;

        public Besieged()
        {
            _alice.Init().Up();
            Friend = new TestHome("bob").Init().Up();
            Friend.Join(_alice);
            Assert.True(IPEndPoint.TryParse(
                _alice.Ready.GetProperty("listen")[0].GetString()!.Split('/') is [_, _, var ip, _, var port, ..]
                    ? $"{ip}:{port}" : "", out var address));
            Address = address;
            // It takes its ten seconds, beside the others.
            _dribbling = Task.Factory.StartNew(Dribble, TaskCreationOptions.LongRunning);
        }

        /// <summary>Seconds until somebody was hung up on who says one byte now and then.</summary>
        internal Task<double> Dribbling => _dribbling;

        internal TestHome Friend { get; }

        internal IPEndPoint Address { get; }

        /// <summary>The most it ever was.</summary>
        internal long MemoryBytesMost() => Field($"/proc/{_alice.DaemonId}/status", "VmHWM:") * 1024;

        internal long MemoryBytes() => Field($"/proc/{_alice.DaemonId}/status", "VmRSS:") * 1024;

        internal double CpuSeconds()
        {
            using var process = Process.GetProcessById(_alice.DaemonId);
            return process.TotalProcessorTime.TotalSeconds;
        }

        /// <summary>Connections the daemon keeps on its mesh port.</summary>
        internal int Connections() => TestHome.Until(Established, n => n <= 84, 10);

        /// <summary>A friend gets an artifact that is new to it.</summary>
        internal void RequireWell()
        {
            var bytes = Sample.Bytes(20_000, ++_puts);
            var cid = _alice.Put(_alice.Write("g", bytes), "--publish");
            Friend.AwaitListed(_alice.DomainId, cid);
            Friend.Run("get", cid).Require(0);
        }

        /// <summary>The friend's link is up.</summary>
        internal void RequireLinked() => Assert.True(
            _alice.Json("peer", "ls").Require(0).Object.GetProperty("connected").GetBoolean());

        public void Dispose()
        {
            _alice.Dispose();
            Friend.Dispose();
        }

        private double Dribble()
        {
            using var rogue = new RoguePeer(Address, "127.0.0.9");
            var clock = Stopwatch.StartNew();
            var hello = "\u0013/multistream/1.0.0\n\u0007/noise\n"u8.ToArray();
            for (var i = 0; i < hello.Length - 1; i++)
            {
                rogue.Say([hello[i]]);
                Thread.Sleep(400);
            }

            return rogue.HangsUp() ? clock.Elapsed.TotalSeconds : double.MaxValue;
        }

        private int Established()
        {
            var port = Address.Port.ToString("X4");
            return File.ReadLines("/proc/net/tcp").Count(
                line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var local, _, "01", ..]
                    && local.EndsWith(":" + port, StringComparison.Ordinal));
        }

        private static long Field(string path, string name) => long.Parse(
            File.ReadLines(path).First(l => l.StartsWith(name, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
