using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Engine.Desk;

/// <summary>An answer on its way out: a header, then the bao encoding of ranges of something readable here.</summary>
internal sealed class ContentSource : IBulkSource
{
    private readonly ReadOnlyMemory<byte> _header;
    private readonly BaoEncoder _encoder;
    private readonly IDisposable _content;
    private int _headerSent;

    /// <summary>Takes over <paramref name="content"/>, which must also be the encoder's content reader.</summary>
    public ContentSource(ReadOnlyMemory<byte> header, BaoEncoder encoder, IDisposable content)
    {
        _header = header;
        _encoder = encoder;
        _content = content;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (_headerSent == _header.Length) return ReadEncoding(buffer);
        var take = Math.Min(buffer.Length, _header.Length - _headerSent);
        _header.Span.Slice(_headerSent, take).CopyTo(buffer);
        _headerSent += take;
        return take;
    }

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();

    private int ReadEncoding(Span<byte> buffer)
    {
        var count = _encoder.Read(buffer);
        if (count == 0 && _encoder.Error != BaoError.None)
            throw new IOException($"content does not match its id: {_encoder.Error}"); // rot on this disk: never sent on
        return count;
    }
}
