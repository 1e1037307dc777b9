using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Reading;

/// <summary>Reads contents that are one object each, checked against their ids; neighbours in a block cost a read each
/// and no search. Not thread-safe.</summary>
public sealed class SmallContentReader : IDisposable
{
    private readonly ObjectReader _objects;

    internal SmallContentReader(StoreCore core) => _objects = new ObjectReader(core);

    /// <summary>The bytes; false where they are not on this disk, or are cut into chunks.</summary>
    /// <exception cref="StoreDamagedException">They do not hash to the id.</exception>
    public bool TryRead(ContentId content, out byte[] bytes) =>
        _objects.TryRead(content.Hash, BlockCodec.Raw, out bytes);

    /// <inheritdoc/>
    public void Dispose() => _objects.Dispose();
}
