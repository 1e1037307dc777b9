using Omega.P2P.Federation;
using Omega.P2P.Simulations.Chance;
using Omega.P2P.Simulations.Nodes;
using Omega.P2P.Simulations.Time;

namespace Omega.P2P.Simulations.Network;

/// <summary>N nodes, the links between them, and the faults on these.</summary>
public sealed class SimulatedMesh
{
    private readonly SeededRandom _random;
    private readonly Dictionary<string, SimulatedNode> _byAddress = [];
    private readonly Action<SimulatedNode> _observe;
    private int[] _sides;
    private long _lastLink;

    /// <summary>Makes the nodes; all are down.</summary>
    /// <param name="count">How many.</param>
    /// <param name="random">Where all chance comes from.</param>
    /// <param name="observe">Called after each event of a node, for the checkers.</param>
    public SimulatedMesh(int count, SeededRandom random, Action<SimulatedNode> observe)
    {
        ArgumentNullException.ThrowIfNull(random);
        _random = random;
        _observe = observe;
        _sides = new int[count];
        Nodes = [.. Enumerable.Range(0, count).Select(i => new SimulatedNode(this, i, random.Child("node" + i)))];
        foreach (var node in Nodes) _byAddress.Add(node.Address, node);
    }

    /// <summary>Virtual time.</summary>
    public EventQueue Queue { get; } = new();

    /// <summary>All nodes, by number.</summary>
    public IReadOnlyList<SimulatedNode> Nodes { get; }

    /// <summary>Links made so far.</summary>
    public long Links => _lastLink;

    /// <summary>Probability that a segment is lost once.</summary>
    public double Loss { get; set; }

    /// <summary>Probability that a segment resets its connection.</summary>
    public double Reset { get; set; }

    /// <summary>The shape of every new link; null: each has its own, drawn from the seed.</summary>
    public LinkShape? Shape { get; set; }

    /// <summary>Cuts the mesh in two: nodes of different sides hear nothing of each other.</summary>
    public void Partition(Func<int, int> sideOf) => _sides = [.. Nodes.Select(n => sideOf(n.Number))];

    /// <summary>Joins all sides again.</summary>
    public void Heal() => _sides = new int[Nodes.Count];

    internal void Observe(SimulatedNode node) => _observe(node);

    internal void Dial(SimulatedNode from, NetworkEffect.Dial dial)
    {
        var address = dial.Address.Split("/p2p/")[0];
        var shape = Shape ?? new LinkShape(
            _random.Between(200, 40_000), _random.Between(0, 5_000), _random.Between(1, 50) * 1_000_000, Loss, Reset);
        Queue.After(shape.LatencyUs * 2, () => Connect(from, address, dial, shape));
    }

    private void Connect(SimulatedNode from, string address, NetworkEffect.Dial dial, LinkShape shape)
    {
        if (!from.IsUp) return;
        if (!_byAddress.TryGetValue(address, out var to) || !to.IsUp || IsCut(from, to))
        {
            from.DialFailed(dial.Id, "no answer");
            return;
        }

        var id = new LinkId(++_lastLink);
        var link = new SimulatedLink(
            Queue, _random.Child("link" + id.Value), shape, () => IsCut(from, to),
            (bytes => from.Receive(id, bytes), _ => from.LinkBroke(id)),
            (bytes => to.Receive(id, bytes), _ => to.LinkBroke(id)));
        to.Attach(id, link, side: 1, dial: null, from.Address);
        from.Attach(id, link, side: 0, dial, address);
    }

    private bool IsCut(SimulatedNode a, SimulatedNode b) => _sides[a.Number] != _sides[b.Number];
}
