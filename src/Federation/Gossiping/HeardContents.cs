using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Federation.Gossiping;

/// <summary>Public contents of followed domains that gossip told of, newest last, so many only.</summary>
internal sealed class HeardContents(FederationLimits limits)
{
    private readonly SortedDictionary<DomainId, Queue<ContentId>> _heard = [];

    public IReadOnlyList<ContentId> Of(DomainId domain) => _heard.TryGetValue(domain, out var heard) ? [.. heard] : [];

    /// <summary>Takes contents; those known already are not counted.</summary>
    public int Add(DomainId domain, IReadOnlyList<ContentId> contents)
    {
        if (!_heard.TryGetValue(domain, out var heard))
            _heard.Add(domain, heard = new Queue<ContentId>());
        var known = heard.ToHashSet();
        var fresh = contents.Where(known.Add).ToList();
        foreach (var content in fresh)
        {
            if (heard.Count >= limits.HeardContents)
                heard.Dequeue();
            heard.Enqueue(content);
        }

        return fresh.Count;
    }

    public void Forget(DomainId domain) => _heard.Remove(domain);
}
