using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Simulations.Chance;
using Omega.P2P.Simulations.Network;
using Omega.P2P.Simulations.Nodes;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Simulations.Tests;

/// <summary>
/// Three holders behind links of 20 MB/s each, and a fourth node that fetches: shipped nodes and the full byte stack on
/// virtual time, so the figures are exact and the same each time.
/// </summary>
public sealed class HoldersTests
{
    private const long Second = 1_000_000;
    private const int Size = 32 << 20;

    [Fact]
    public void ThreeHoldersBringNearlyThreeTimesWhatOneCould()
    {
        var run = new Run();
        var seconds = run.Fetch(null);
        var rate = Size / seconds / 1e6;
        Assert.True(rate >= 54, $"{rate:F1} MB/s from three links of 20 MB/s");
        Assert.Equal(0, run.Figures.BytesRefetched);
        Assert.True(run.Figures.BytesWire < Size * 1.05, $"{run.Figures.BytesWire} bytes on the wire");
        Assert.Equal(3, run.Figures.Peers.Count);
    }

    [Fact]
    public void AHolderThatStallsCostsAtMostTwoSeconds()
    {
        const double StallAfter = 0.2;
        var run = new Run();
        var seconds = run.Fetch(() => run.Mesh.Partition(number => number == 2 ? 1 : 0), StallAfter);
        var rest = Size - StallAfter * 60e6;
        var without = StallAfter + rest / 40e6 / 0.9;
        Assert.InRange(seconds, StallAfter, without + 2);
    }

    [Fact]
    public void AHolderThatComesUpWhileAFetchIsUnderWayTakesItsShare()
    {
        var run = new Run();
        run.Mesh.Partition(number => number is 1 or 2 ? 1 : 0);
        run.Mesh.Queue.RunUntil(run.Mesh.Queue.NowUs + 30 * Second);
        var seconds = run.Fetch(run.Mesh.Heal, 0.5);
        Assert.True(seconds < Size / 20e6, $"{seconds:F2} s: as if the first holder had brought it all");
        Assert.True(run.Figures.Peers.Count > 1, "nobody else brought anything");
    }

    private sealed class Run
    {
        private readonly PutResult _put;
        private readonly byte[] _bytes = new byte[Size];

        public Run()
        {
            var random = new SeededRandom(7);
            Mesh = new SimulatedMesh(4, random.Child("mesh"), _ => { })
            {
                Shape = new LinkShape(LatencyUs: 1000, JitterUs: 0, BytesPerSecond: 20_000_000, Loss: 0, Reset: 0),
            };
            foreach (var node in Mesh.Nodes) node.Start();
            (int Host, int Guest)[] pairs = [(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)];
            foreach (var (host, guest) in pairs) Join(Mesh.Nodes[host], Mesh.Nodes[guest]);
            random.Fill(_bytes);
            _put = Mesh.Nodes[0].Put(_bytes, "snapshot.vm");
            Do<EngineResult.Published>(Mesh.Nodes[0], new EngineCommand.Publish([_put.Key], "peers"));
            Mesh.Queue.RunUntil(Mesh.Queue.NowUs + 5 * Second);
            Get(Mesh.Nodes[1]);
            Get(Mesh.Nodes[2]);
        }

        public SimulatedMesh Mesh { get; }

        public TransferFigures Figures { get; private set; } = new(0, 0, 0, 0, []);

        /// <summary>Virtual seconds that the fourth node needs; something may happen on the way.</summary>
        public double Fetch(Action? then, double afterSeconds = 0)
        {
            var begun = Mesh.Queue.NowUs;
            if (then is not null) Mesh.Queue.After((long)(afterSeconds * Second), then);
            var (ready, end) = Get(Mesh.Nodes[3]);
            Figures = Assert.IsType<TransferFigures>(ready.Figures);
            Assert.Equal(_bytes, Mesh.Nodes[3].Read(ready.Artifact.Content));
            return (end - begun) / 1e6;
        }

        private (EngineResult.Ready, long EndUs) Get(SimulatedNode node)
        {
            var wanted = new ParsedId(IdKind.Key, _put.Key.Hash.ToString());
            return Do<EngineResult.Ready>(node, new EngineCommand.Get(wanted, null));
        }

        private void Join(SimulatedNode host, SimulatedNode guest)
        {
            var invite = new EngineCommand.Mesh(new MeshCommand.Invite(TimeSpan.FromHours(1), null));
            var (invited, _) = Do<EngineResult.Mesh>(host, invite);
            var ticket = Assert.IsType<CommandResult.Invited>(invited.Result).Ticket;
            var (joined, _) = Do<EngineResult.Mesh>(guest, new EngineCommand.Mesh(new MeshCommand.Join(ticket, null)));
            Assert.IsType<CommandResult.Joined>(joined.Result);
        }

        private (T Result, long EndUs) Do<T>(SimulatedNode node, EngineCommand command)
            where T : EngineResult
        {
            EngineResult? result = null;
            long endUs = 0;
            node.Issue(command, r => (result, endUs) = (r, Mesh.Queue.NowUs));
            for (var i = 0; result is null && i < 1000; i++) Mesh.Queue.RunUntil(Mesh.Queue.NowUs + Second / 10);
            Assert.NotNull(result);
            return (Assert.IsType<T>(result), endUs);
        }
    }
}
