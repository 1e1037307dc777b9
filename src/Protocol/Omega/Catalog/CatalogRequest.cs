using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Omega.Catalog;

/// <summary>
/// A question on <c>/omega/catalog/1</c>: a CBOR map of one key, the case's name, over a map of its fields. Closed.
/// The answer is one frame, a <see cref="CatalogResponse"/>.
/// </summary>
public abstract partial record CatalogRequest
{
    private CatalogRequest(DomainId domain) => Domain = domain;

    /// <summary>Whose catalog.</summary>
    public DomainId Domain { get; }

    /// <summary>Law 9, from owner to follower: the largest head of mine you hold? Answer: held.</summary>
    public sealed record Held(DomainId Domain) : CatalogRequest(Domain);

    /// <summary>Authority manifests from version <paramref name="From"/> on, oldest first. Answer: dam.</summary>
    public sealed record Dam(DomainId Domain, long From) : CatalogRequest(Domain);

    /// <summary>
    /// The newest head. <paramref name="Epoch"/>, <paramref name="Size"/> and <paramref name="Note"/> are the head the
    /// asker holds (0, 0, empty: none); an owner that was rolled back learns from the note. Answer: head, later, none.
    /// </summary>
    public sealed record Head(DomainId Domain, long Epoch, long Size, ReadOnlyMemory<byte> Note)
        : CatalogRequest(Domain);

    /// <summary>
    /// Leaves [<paramref name="From"/>, <paramref name="To"/>) of an epoch. Answer: leaves, a prefix of them.
    /// </summary>
    public sealed record Leaves(DomainId Domain, long Epoch, long From, long To) : CatalogRequest(Domain);

    /// <summary>Nodes of an audience's published tree, by hash. Answer: items, a prefix of them.</summary>
    public sealed record Nodes(DomainId Domain, string Audience, IReadOnlyList<Hash256> Hashes)
        : CatalogRequest(Domain);

    /// <summary>Entries of an audience, by key. Answer: items, a prefix of them.</summary>
    public sealed record Entries(DomainId Domain, string Audience, IReadOnlyList<Hash256> Keys)
        : CatalogRequest(Domain);

    /// <summary>From owner to follower: this is my newest signed head; pull when you like. Answer: noted.</summary>
    public sealed record Announce(DomainId Domain, ReadOnlyMemory<byte> Note) : CatalogRequest(Domain);

    /// <summary>The one encoding.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        Encode(writer);
        return writer.ToArray();
    }
}
