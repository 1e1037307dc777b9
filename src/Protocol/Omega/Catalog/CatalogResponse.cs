using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Protocol.Omega.Catalog;

/// <summary>
/// An answer on <c>/omega/catalog/1</c>, shaped like a <see cref="CatalogRequest"/>. Closed. Nothing in it is believed
/// before it is checked against a signature or a hash (law 6).
/// </summary>
public abstract partial record CatalogResponse
{
    private CatalogResponse()
    {
    }

    /// <summary>No. The same bytes whatever the reason, so that a refusal tells nothing (law 7).</summary>
    public sealed record Refused : CatalogResponse
    {
        /// <summary>The one instance.</summary>
        public static Refused Instance { get; } = new();
    }

    /// <summary>Not now: the owner does not know yet whether its own head is its newest (law 9).</summary>
    public sealed record Later : CatalogResponse;

    /// <summary>There is none.</summary>
    public sealed record None : CatalogResponse;

    /// <summary>The signed note of the largest head held, or empty.</summary>
    public sealed record Held(ReadOnlyMemory<byte> Note) : CatalogResponse;

    /// <summary>Signed authority manifests in order; fewer than there are when they would not fit.</summary>
    public sealed record Dam(IReadOnlyList<ReadOnlyMemory<byte>> Chain) : CatalogResponse;

    /// <summary>The newest head.</summary>
    public sealed record Head(HeadBundle Bundle) : CatalogResponse;

    /// <summary>
    /// Commitments from the first leaf asked, at least one, and the bodies among them that the asker may read.
    /// </summary>
    public sealed record Leaves(IReadOnlyList<Hash256> Commitments, IReadOnlyList<LeafBody> Bodies) : CatalogResponse;

    /// <summary>Bytes in the order asked, at least one; an empty string where there is no such thing.</summary>
    public sealed record Items(IReadOnlyList<ReadOnlyMemory<byte>> Bytes) : CatalogResponse;

    /// <summary>
    /// An announcement was read; <paramref name="Newer"/> is the note held when it is newer, else empty.
    /// </summary>
    public sealed record Noted(ReadOnlyMemory<byte> Newer) : CatalogResponse;

    /// <summary>The one encoding.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        Encode(writer);
        return writer.ToArray();
    }
}
