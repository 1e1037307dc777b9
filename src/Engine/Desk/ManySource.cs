using Omega.P2P.Federation;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Engine.Desk;

/// <summary>
/// The answer to a request for many contents: each is opened when its turn comes, so memory is that of one. What went
/// away since it was looked at is refused like what may not be read.
/// </summary>
internal sealed class ManySource(
    DomainStore store, IReadOnlyList<ManyServing> items, Func<ManyServing, IBulkSource> open) : IBulkSource
{
    /// <summary>Contents of one group: their encoding is their bytes.</summary>
    private const int GroupBytes = BaoTree.DefaultGroupSize;

    private readonly SmallContentReader _small = store.OpenSmall();
    private IBulkSource? _current;
    private int _index;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        var written = 0;
        while (written < buffer.Length && (_current ?? Next()) is { } current)
        {
            _current = current;
            var read = current.Read(buffer[written..]);
            written += read;
            if (read > 0) continue;
            current.Dispose();
            _current = null;
        }

        return written;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current?.Dispose();
        _small.Dispose();
    }

    private IBulkSource? Next()
    {
        if (_index == items.Count) return null;
        var item = items[_index++];
        if (item.IsRefused) return Refusal();
        try
        {
            return TrySmall(item) ?? open(item);
        }
        catch (Exception e) when (e is NotHereException or StoreRefusedException)
        {
            return Refusal();
        }
    }

    private BytesSource? TrySmall(ManyServing item)
    {
        if (item.Target.Kind != TargetKind.Content || item.Size is <= 0 or > GroupBytes
            || !_small.TryRead(ContentId.From(item.Target.Hash), out var bytes) || bytes.Length != item.Size)
            return null;
        byte[] answer = [.. new BulkHeader(item.Size).Encode(), .. bytes];
        return new BytesSource(answer);
    }

    private static BytesSource Refusal() => new(BulkHeader.Refusal.Encode());
}
