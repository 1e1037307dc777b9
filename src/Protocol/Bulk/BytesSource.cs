namespace Omega.P2P.Protocol.Bulk;

/// <summary>
/// A source of bytes already in memory, such as a refusal. The memory must not change until disposal.
/// </summary>
public sealed class BytesSource(ReadOnlyMemory<byte> bytes) : IBulkSource
{
    private ReadOnlyMemory<byte> _rest = bytes;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => _rest = default;
}
