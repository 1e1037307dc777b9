using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Federation.Gossiping;

/// <summary>Public contents of followed domains that gossip told of, newest last, so many only.</summary>
internal sealed class HeardContents(FederationLimits limits)
{
    private readonly SortedDictionary<DomainId, Heard> _heard = [];

    public IReadOnlyList<ContentId> Of(DomainId domain) =>
        _heard.TryGetValue(domain, out var heard) ? [.. heard.Order] : [];

    /// <summary>Takes contents; those known already are not counted.</summary>
    public int Add(DomainId domain, IReadOnlyList<ContentId> contents)
    {
        if (!_heard.TryGetValue(domain, out var heard))
            _heard.Add(domain, heard = new Heard());
        var fresh = 0;
        foreach (var content in contents)
        {
            if (!heard.Known.Add(content))
                continue;
            fresh++;
            heard.Order.Enqueue(content);
            if (heard.Order.Count > limits.HeardContents)
                heard.Known.Remove(heard.Order.Dequeue());
        }

        return fresh;
    }

    public void Forget(DomainId domain) => _heard.Remove(domain);

    /// <summary>The same contents in the order they came, and to be looked up.</summary>
    private sealed class Heard
    {
        public Queue<ContentId> Order { get; } = new();

        public HashSet<ContentId> Known { get; } = [];
    }
}
