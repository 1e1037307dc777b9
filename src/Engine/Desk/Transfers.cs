using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Desk;

/// <summary>Imports and rebuilds under way: where verified bytes of the mesh enter the store.</summary>
internal sealed class Transfers(DomainStore store) : IDisposable
{
    private readonly Dictionary<TransferId, Open> _open = [];
    private long _last;

    public StoreAnswer BeginImport(StoreQuery.BeginImport query)
    {
        if (!SignedArtifact.TryDecode(query.Entry.Span, out var entry, out var error))
            return new StoreAnswer.Failed(StoreFault.Other, $"the entry cannot be read: {error.Message}");
        var import = store.BeginImport(entry, query.Source, query.Audience);
        var content = entry.Descriptor.Content;
        var size = entry.Descriptor.Size;
        var sink = new InOrderSink(import);
        IReadOnlyList<WantedContent> wanted = store.HasContent(content)
            ? []
            : [new WantedContent(content, size, [new WireRange(0, size)], sink, IsRequired: true)];
        return Add(new Open(import, wanted.Count == 0 ? content : null, null, sink), wanted);
    }

    public StoreAnswer BeginRebuild(StoreQuery.BeginRebuild query)
    {
        var rebuild = store.BeginRebuild(query.Key);
        var wanted = rebuild.Wanted.GroupBy(range => (range.Content, range.IsRequired))
            .Select(group => new WantedContent(
                group.Key.Content,
                store.SizeOf(group.Key.Content),
                [.. group.Select(range => new WireRange(range.Offset, range.Length))],
                new RebuildSink(rebuild, group.Key.Content),
                group.Key.IsRequired))
            .ToList();
        return Add(new Open(null, null, rebuild), wanted);
    }

    public StoreAnswer Complete(TransferId id, Instant now)
    {
        if (!_open.Remove(id, out var open)) return new StoreAnswer.Nothing();
        using (open)
        {
            if (open.CopyFrom is { } content) CopyLocal(content, open.Import!);
            open.Import?.Complete(now);
            open.Rebuild?.Complete(now);
        }

        return new StoreAnswer.Done();
    }

    public StoreAnswer Abort(TransferId id)
    {
        if (_open.Remove(id, out var open)) open.Dispose();
        return new StoreAnswer.Done();
    }

    public void Dispose()
    {
        foreach (var open in _open.Values) open.Dispose();
        _open.Clear();
    }

    private StoreAnswer.TransferBegun Add(Open open, IReadOnlyList<WantedContent> wanted)
    {
        var id = new TransferId(++_last);
        _open.Add(id, open);
        return new StoreAnswer.TransferBegun(id, wanted);
    }

    /// <summary>The bytes are here under another name or audience: the import takes them from this disk.</summary>
    private void CopyLocal(ContentId content, ArtifactImport import)
    {
        using var reader = store.OpenContent(content);
        var buffer = new byte[64 * 1024];
        for (long offset = 0; offset < reader.Size; offset += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, reader.Size - offset));
            reader.ReadAt(offset, part);
            import.Write(part);
        }
    }

    private sealed record Open(
        ArtifactImport? Import, ContentId? CopyFrom, ArtifactRebuild? Rebuild, InOrderSink? Sink = null) : IDisposable
    {
        public void Dispose()
        {
            Sink?.Close();
            Import?.Dispose();
            Rebuild?.Dispose();
        }
    }

    /// <summary>Bytes of a rebuild may come in any order, from several pumps, one at a time.</summary>
    private sealed class RebuildSink(ArtifactRebuild rebuild, ContentId content) : IVerifiedSink
    {
        public void Write(long offset, ReadOnlySpan<byte> verified)
        {
            lock (rebuild) rebuild.Write(content, offset, verified);
        }
    }
}
