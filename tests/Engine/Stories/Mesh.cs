using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Time;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>Nodes of one test on virtual time: bytes need a millisecond, and nothing is lost.</summary>
internal sealed class Mesh : IDisposable
{
    private const long EpochUnixMs = 1_800_000_000_000;

    private readonly PriorityQueue<Action, (long AtMs, long Sequence)> _due = new();
    private readonly Dictionary<string, StoryNode> _byAddress = [];
    private long _sequence;
    private long _lastLink;

    public long NowMs { get; private set; }

    public Instant Now => new(EpochUnixMs + NowMs, NowMs);

    public StoryNode Add(string domainName)
    {
        var node = new StoryNode(this, _byAddress.Count + 1, domainName);
        _byAddress.Add(node.Address, node);
        node.Start();
        return node;
    }

    /// <summary>Two nodes that trust each other, both up; the first invited.</summary>
    public (StoryNode Host, StoryNode Guest) Pair()
    {
        var (host, guest) = (Add("alice.personal"), Add("bob.personal"));
        Join(host, guest);
        return (host, guest);
    }

    public void Join(StoryNode host, StoryNode guest)
    {
        var invited = host.Mesh<CommandResult.Invited>(new MeshCommand.Invite(TimeSpan.FromHours(1), null));
        guest.Mesh<CommandResult.Joined>(new MeshCommand.Join(invited.Ticket, null));
        Run(1_000);
    }

    public void After(long delayMs, Action action) => _due.Enqueue(action, (NowMs + delayMs, _sequence++));

    public void Run(long ms) => RunUntil(() => false, ms);

    /// <summary>Lets time pass until something holds; false when it did not within the time.</summary>
    public bool RunUntil(Func<bool> holds, long ms)
    {
        var end = NowMs + ms;
        while (!holds())
        {
            if (!_due.TryPeek(out var action, out var priority) || priority.AtMs > end)
            {
                NowMs = end;
                return holds();
            }

            _due.Dequeue();
            NowMs = priority.AtMs;
            action();
        }

        return true;
    }

    public LinkId NextLink() => new(++_lastLink);

    /// <summary>The node that listens there and is up, or null.</summary>
    public StoryNode? At(string address) =>
        _byAddress.GetValueOrDefault(address.Split("/p2p/")[0]) is { IsUp: true } node ? node : null;

    public void Dispose()
    {
        foreach (var node in _byAddress.Values) node.Stop();
    }
}
