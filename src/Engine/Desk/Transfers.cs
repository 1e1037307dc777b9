using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
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
        var import = store.BeginImport();
        var open = new Open(import, Rebuild: null);
        foreach (var (bytes, audience) in query.Entries)
        {
            if (!SignedArtifact.TryDecode(bytes.Span, out var entry, out var error))
            {
                open.Dispose();
                return new StoreAnswer.Failed(StoreFault.Other, $"the entry cannot be read: {error.Message}");
            }

            import.Add(entry, query.Source, audience);
            Want(open, import, entry.Descriptor.Content, entry.Descriptor.Size, audience);
        }

        return Add(open);
    }

    public StoreAnswer BeginRebuild(StoreQuery.BeginRebuild query)
    {
        var rebuild = store.BeginRebuild(query.Key);
        var import = rebuild.Fresh.Count > 0 ? store.BeginImport() : null;
        var open = new Open(import, rebuild);
        foreach (var fresh in rebuild.Fresh) Want(open, import!, fresh.Content, fresh.Size, rebuild.Audience);
        open.Wanted.AddRange(rebuild.Wanted.GroupBy(range => (range.Content, range.IsRequired))
            .Select(group => new WantedContent(
                group.Key.Content,
                store.SizeOf(group.Key.Content),
                [.. group.Select(range => new WireRange(range.Offset, range.Length))],
                new RebuildSink(rebuild, group.Key.Content),
                group.Key.IsRequired)));
        return Add(open);
    }

    public StoreAnswer Complete(TransferId id, Instant now)
    {
        if (!_open.Remove(id, out var open)) return new StoreAnswer.Nothing();
        using (open)
        {
            open.Import?.Complete(now);
            open.Rebuild?.Complete(now, open.Import);
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

    private static void Want(Open open, ImportBatch import, ContentId content, long size, string audience)
    {
        switch (import.Need(content, size, audience))
        {
            case ImportNeed.Whole:
                var whole = new WholeSink(import, content, audience, (int)size);
                open.Wanted.Add(new WantedContent(content, size, [new WireRange(0, size)], whole));
                break;
            case ImportNeed.Groups:
                var groups = import.Begin(content, size, audience);
                open.BytesAgain += groups.BytesAgain;
                if (groups.Position == size) break;
                var sink = new InOrderSink(groups);
                open.Sinks.Add(sink);
                var rest = new WireRange(groups.Position, size - groups.Position);
                open.Wanted.Add(new WantedContent(content, size, [rest], sink));
                break;
            default:
                break; // here already
        }
    }

    private StoreAnswer.TransferBegun Add(Open open)
    {
        var id = new TransferId(++_last);
        _open.Add(id, open);
        return new StoreAnswer.TransferBegun(id, open.Wanted, open.BytesAgain);
    }

    private sealed record Open(ImportBatch? Import, ArtifactRebuild? Rebuild) : IDisposable
    {
        public List<WantedContent> Wanted { get; } = [];

        public List<InOrderSink> Sinks { get; } = [];

        public long BytesAgain { get; set; }

        public void Dispose()
        {
            Sinks.ForEach(sink => sink.Close());
            Import?.Dispose();
            Rebuild?.Dispose();
        }
    }

    /// <summary>Bytes of a rebuild may come in any order, from several pumps, one at a time.</summary>
    private sealed class RebuildSink(ArtifactRebuild rebuild, ContentId content) : IVerifiedSink
    {
        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
        {
            lock (rebuild) rebuild.Write(content, offset, verified);
        }
    }
}
