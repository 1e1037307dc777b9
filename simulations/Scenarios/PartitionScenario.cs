using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Simulations.Chance;
using Omega.P2P.Simulations.Checks;
using Omega.P2P.Simulations.Network;
using Omega.P2P.Simulations.Nodes;

namespace Omega.P2P.Simulations.Scenarios;

/// <summary>What came of a run.</summary>
/// <param name="Seed">The seed it replays from.</param>
/// <param name="Nodes">How many nodes ran.</param>
/// <param name="VirtualSeconds">How long it took them.</param>
/// <param name="Events">Events carried out.</param>
/// <param name="Links">Connections made.</param>
/// <param name="Joined">Invitations redeemed.</param>
/// <param name="Published">Artifacts published.</param>
/// <param name="Fetched">Artifacts fetched and compared byte for byte.</param>
/// <param name="Crashes">Power losses.</param>
/// <param name="Failures">Laws broken, or convergence missed; empty in a good run.</param>
public sealed record RunReport(
    ulong Seed,
    int Nodes,
    double VirtualSeconds,
    long Events,
    long Links,
    int Joined,
    int Published,
    int Fetched,
    int Crashes,
    IReadOnlyList<string> Failures);

/// <summary>
/// The first scenario: nodes join by invitation in a ring with chords, publish under loss, are cut in two while they go
/// on publishing, some lose power; then the cut heals and everybody must come to show everything they follow, and fetch
/// some of it. Phase one checks safety, phase two convergence within a bound.
/// </summary>
public sealed class PartitionScenario
{
    private const long Second = 1_000_000;

    private readonly SeededRandom _random;
    private readonly SimulatedMesh _mesh;
    private readonly HeadChecker _heads = new();
    private readonly Dictionary<ContentId, byte[]> _bytes = [];
    private readonly List<string> _failures = [];
    private readonly ulong _seed;
    private int _joined;
    private int _published;
    private int _fetched;
    private int _crashes;

    /// <summary>Draws everything from a seed.</summary>
    public PartitionScenario(ulong seed, int nodes)
    {
        _seed = seed;
        _random = new SeededRandom(seed);
        _mesh = new SimulatedMesh(nodes, _random.Child("mesh"), node => _heads.Check(node, _failures))
        {
            Loss = 0.01,
            Reset = 0.0002,
        };
    }

    /// <summary>Plays it to the end.</summary>
    public RunReport Run()
    {
        foreach (var node in _mesh.Nodes) node.Start();
        InviteEverybody();
        _mesh.Queue.RunUntil(60 * Second);
        PublishSome(rounds: 2, gapUs: 5 * Second);
        _mesh.Partition(number => number % 2);
        PublishSome(rounds: 2, gapUs: 20 * Second);
        CrashSome();
        _mesh.Heal();
        (_mesh.Loss, _mesh.Reset) = (0, 0);
        Converge(boundUs: 300 * Second);
        FetchSome();
        CheckBytes();
        return new RunReport(
            _seed, _mesh.Nodes.Count, _mesh.Queue.NowUs / 1e6, _mesh.Queue.Executed, _mesh.Links, _joined, _published,
            _fetched, _crashes, _failures);
    }

    private void InviteEverybody()
    {
        var count = _mesh.Nodes.Count;
        for (var i = 0; i < count; i++)
        {
            Invite(_mesh.Nodes[i], _mesh.Nodes[(i + 1) % count]);
            var chord = _mesh.Nodes[(int)_random.Below(count)];
            if (chord.Number != i && chord.Number != (i + 1) % count && (chord.Number + 1) % count != i)
                Invite(_mesh.Nodes[i], chord);
        }
    }

    private void Invite(SimulatedNode host, SimulatedNode guest) => host.Issue(
        new EngineCommand.Mesh(new MeshCommand.Invite(TimeSpan.FromHours(1), null)),
        result =>
        {
            if (result is EngineResult.Mesh { Result: CommandResult.Invited invited })
                Join(guest, invited.Ticket, tries: 20);
            else
                _failures.Add($"node {host.Number} could not invite: {result}");
        });

    private void Join(SimulatedNode guest, string ticket, int tries) => guest.Issue(
        new EngineCommand.Mesh(new MeshCommand.Join(ticket, null)),
        result =>
        {
            if (result is EngineResult.Mesh { Result: CommandResult.Joined }) _joined++;
            else if (tries > 0) _mesh.Queue.After(Second, () => Join(guest, ticket, tries - 1));
            else _failures.Add($"node {guest.Number} could not join: {result}");
        });

    private void PublishSome(int rounds, long gapUs)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var node in _mesh.Nodes.Where(_ => _random.Chance(0.5))) PutAndPublish(node);
            _mesh.Queue.RunUntil(_mesh.Queue.NowUs + gapUs);
        }
    }

    private void PutAndPublish(SimulatedNode node)
    {
        var bytes = new byte[_random.Chance(0.8) ? _random.Below(4_000) : _random.Below(300_000)];
        _random.Fill(bytes);
        var put = node.Put(bytes, "trace.span");
        _bytes[put.Content] = bytes;
        node.Issue(new EngineCommand.Publish([put.Key], "peers"), result =>
        {
            if (result is EngineResult.Published) _published++;
            else _failures.Add($"node {node.Number} could not publish: {result}");
        });
    }

    private void CrashSome()
    {
        foreach (var node in _mesh.Nodes.Where(_ => _random.Chance(0.1)).ToList())
        {
            _crashes++;
            node.Crash();
            _mesh.Queue.After(_random.Between(1, 10) * Second, node.Start);
        }

        _mesh.Queue.RunUntil(_mesh.Queue.NowUs + 15 * Second);
    }

    private void Converge(long boundUs)
    {
        var end = _mesh.Queue.NowUs + boundUs;
        while (_mesh.Queue.NowUs < end && Behind().Any()) _mesh.Queue.RunUntil(_mesh.Queue.NowUs + Second);
        _failures.AddRange(Behind());
    }

    /// <summary>Who does not show yet what somebody it follows has published.</summary>
    private IEnumerable<string> Behind() =>
        from node in _mesh.Nodes
        from followed in node.Engine.Mesh.FollowedDomains
        let owner = _mesh.Nodes.Single(n => n.Domain == followed.Domain)
        let head = owner.Engine.Store.History.Head
        where head is not null && followed.Head != new HeadRef(head.Epoch, head.Size, head.Root)
        select $"node {node.Number} shows {followed.Head} of node {owner.Number} ({followed.State}), which is at "
            + $"{head.Epoch}/{head.Size}";

    private void FetchSome()
    {
        foreach (var node in _mesh.Nodes)
        {
            var shown = node.Engine.Mesh.FollowedDomains
                .SelectMany(d => node.Engine.Mesh.Entries(d.Domain)).ToList();
            if (shown.Count == 0) continue;
            var wanted = shown[(int)_random.Below(shown.Count)];
            node.Issue(
                new EngineCommand.Get(new ParsedId(IdKind.Key, wanted.Key.Hash.ToString()), null),
                result => Compare(node, result));
        }

        _mesh.Queue.RunUntil(_mesh.Queue.NowUs + 60 * Second);
    }

    private void Compare(SimulatedNode node, EngineResult result)
    {
        if (result is not EngineResult.Ready ready)
            _failures.Add($"node {node.Number} could not get what it shows: {result}; peers: "
                + string.Join("; ", node.Engine.Mesh.Peers.Select(
                    p => $"{p.Petname} {p.IsConnected} {p.Standing} {p.LastFault} {p.LastFaultDetail}")));
        else if (!node.Read(ready.Artifact.Content).AsSpan().SequenceEqual(_bytes[ready.Artifact.Content]))
            _failures.Add($"node {node.Number} read other bytes of {ready.Artifact.Content}");
        else
            _fetched++;
    }

    /// <summary>Law 4 after all faults: what was acknowledged reads back whole.</summary>
    private void CheckBytes()
    {
        foreach (var node in _mesh.Nodes)
            foreach (var artifact in node.Engine.Store.List(Storage.Index.ArtifactFilter.All))
                if (!node.Read(artifact.Content).AsSpan().SequenceEqual(_bytes[artifact.Content]))
                    _failures.Add($"node {node.Number} holds other bytes of {artifact.Content}");
    }
}
