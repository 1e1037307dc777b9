namespace Omega.P2P.Protocol.Bulk;

/// <summary>
/// Raw bytes that leave on one direction of a stream. A pump reads it to its end, outside any core, so it may read
/// files; whoever pumps it disposes it, once, also when the stream dies early.
/// </summary>
public interface IBulkSource : IDisposable
{
    /// <summary>
    /// Fills a prefix of <paramref name="buffer"/> (never empty) and says how long it is; 0 means the end, for good.
    /// Throws what the medium throws (the pump resets the stream then).
    /// </summary>
    int Read(Span<byte> buffer);

    /// <summary>Bytes of memory held until they are read; 0 where nothing to speak of.</summary>
    int HeldBytes => 0;
}
