using Omega.P2P.Primitives.Bao;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>
/// The answer to a <see cref="BlocksRequest.Get"/>: header, then the encoding. Stored bytes that fail their own check
/// never leave: the pump gets an exception and cuts the stream.
/// </summary>
/// <param name="header">An encoded <see cref="BulkHeader"/>.</param>
/// <param name="encoder">Reads the content while it is pumped.</param>
/// <param name="owned">Disposed with the source, such as the open content; may be null.</param>
public sealed class BaoSource(ReadOnlyMemory<byte> header, BaoEncoder encoder, IDisposable? owned = null) : IBulkSource
{
    private readonly BytesSource _header = new(header);

    /// <inheritdoc/>
    /// <exception cref="IOException">The stored bytes do not have the hashes they should.</exception>
    public int Read(Span<byte> buffer)
    {
        var read = _header.Read(buffer);
        if (read > 0)
            return read;
        read = encoder.Read(buffer);
        return encoder.Error == BaoError.None
            ? read
            : throw new IOException($"stored bytes fail their own check: {encoder.Error}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _header.Dispose();
        owned?.Dispose();
    }
}
