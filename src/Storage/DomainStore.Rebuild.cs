using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Bytes coming back.</summary>
public sealed partial class DomainStore
{
    internal IFileSystem Files => _core.Files;

    /// <summary>What must be fetched before the artifact can be read, and what else would bring its blocks back byte
    /// for byte. Empty where all bytes are here.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>.</exception>
    public IReadOnlyList<MissingContent> MissingFor(ArtifactKey key) => MissingFor(RecordsOf([key])[0], []);

    /// <summary>Begins bringing an artifact back.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>.</exception>
    public ArtifactRebuild BeginRebuild(ArtifactKey key)
    {
        RequireWritable();
        RequireSpareRoom();
        var record = RecordsOf([key])[0];
        var losses = _core.Chunks.Losses;
        var fresh = new List<SizedContent>();
        var missing = MissingFor(record, fresh);
        return new ArtifactRebuild(this, record, losses, missing, fresh, _core.Blocks.NextTemporary());
    }

    /// <summary>Files of a package that were never here have no place to come back to.</summary>
    private List<MissingContent> MissingFor(ArtifactRecord record, List<SizedContent> fresh)
    {
        using var objects = new ObjectReader(_core);
        var missing = new Dictionary<Hash256, MissingContent>();
        var blocks = new HashSet<BlockState>();
        foreach (var (content, size) in _core.Packages.Of(record).Where(part => part.Size > 0))
        {
            bool isKnown;
            lock (_core.State)
            {
                isKnown = _core.IsKnown(content);
            }

            if (!isKnown)
            {
                fresh.Add(new SizedContent(content, size));
                continue;
            }

            foreach (var chunk in ChunksOf(content, size, objects))
            {
                if (IsHere(chunk.Id) || missing.ContainsKey(chunk.Id))
                {
                    continue;
                }

                missing.Add(chunk.Id, new MissingContent(
                    ContentId.From(chunk.Id), chunk.Length, content, chunk.Start, IsRequired: true));
                if (AwayBlockOf(chunk.Id) is { } block)
                {
                    blocks.Add(block);
                }
            }
        }

        if (blocks.Count > 0)
        {
            CatchUpBriefly();
            AddNeighbours(blocks, missing, objects);
        }

        return [.. missing.Values.OrderByDescending(part => part.IsRequired).ThenBy(part => part.Object)];
    }

    /// <summary>Remembers of a package that came back that all of it is here: nobody needs to look at each file.
    /// </summary>
    internal void SetWhole(ArtifactRebuild rebuilt)
    {
        if (rebuilt.Artifact.Type == PackageManifest.TypeTag)
        {
            _core.Packages.SetWhole(rebuilt.Artifact.Content, rebuilt.Losses);
        }
    }

    internal IReadOnlyList<BlockId> CompleteRebuild(ArtifactRebuild rebuild, Instant now)
    {
        RequireWritable();
        lock (_core.Maintenance)
        {
            var parts = rebuild.Missing.ToDictionary(part => part.Object.Hash);
            RequireComplete(rebuild);
            var rebuilt = new List<FilledBlock>();
            var sinks = new Dictionary<ClassTag, BlockSink>();
            _gate.EnterReadLock();
            try
            {
                var own = RebuildBlocks(rebuild, parts, rebuilt);
                PlaceAnew(rebuild, own, sinks);
                foreach (var block in rebuilt)
                {
                    block.File.Sync();
                }

                _core.Blocks.Seal(rebuilt, _core.Scheduler);
                foreach (var sink in sinks.Values)
                {
                    sink.Seal();
                }

                CommitRebuild(rebuild, rebuilt, sinks.Values, now);
            }
            catch
            {
                _core.Blocks.Discard(rebuilt);
                foreach (var sink in sinks.Values)
                {
                    sink.Discard();
                }

                throw;
            }
            finally
            {
                _gate.ExitReadLock();
            }

            foreach (var block in rebuilt)
            {
                _core.Blocks.DeleteDirectory(block.Id);
            }

            rebuild.Dispose();
            return [.. rebuilt.Select(block => block.Id)];
        }
    }

    private void CommitRebuild(
        ArtifactRebuild rebuild, List<FilledBlock> rebuilt, IReadOnlyCollection<BlockSink> sinks, Instant now)
    {
        List<LogItem> items = [.. SealItems(sinks)];
        items.AddRange(rebuilt.Select(block => block.Id).Chunk(LogRecordCodec.BlocksMax)
            .Select(ids => Item(new LogRecord.Rehydrate(ids, [], now.UnixMs))));
        items.Add(Item(new LogRecord.Rehydrate([], [rebuild.Key], now.UnixMs)));
        _log.Commit(items, _ =>
        {
            lock (_core.State)
            {
                AddBlocks(sinks);
                foreach (var block in rebuilt)
                {
                    _core.Chunks.Add(block.Id, block.Directory, isHere: true);
                }

                _core.Artifacts.SetEvicted(rebuild.Key, isEvicted: false);
            }
        });
    }

    private static void RequireComplete(ArtifactRebuild rebuild)
    {
        foreach (var part in rebuild.Missing.Where(part => part.IsRequired))
        {
            var bytes = new byte[part.Length];
            if (!rebuild.Spool.TryRead(part.Parent, part.ParentOffset, bytes))
            {
                throw new StoreRefusedException(
                    "incomplete", $"bytes {part.ParentOffset}+{part.Length} of {part.Parent} were not handed in");
            }

            if (Blake3.Hash(bytes) != part.Object.Hash)
            {
                throw new StoreRefusedException("wrong-content", $"the bytes handed in are not {part.Object}");
            }
        }
    }

    /// <summary>Rebuilds what can be; returns the artifact's own objects that are in no rebuilt block, with the class
    /// they belong to.</summary>
    private Dictionary<Hash256, ClassTag> RebuildBlocks(
        ArtifactRebuild rebuild, Dictionary<Hash256, MissingContent> parts, List<FilledBlock> rebuilt)
    {
        var own = new Dictionary<Hash256, ClassTag>();
        var blocks = new HashSet<BlockState>();
        foreach (var part in rebuild.Missing.Where(part => part.IsRequired))
        {
            var block = AwayBlockOf(part.Object.Hash);
            own[part.Object.Hash] = block?.Class ?? ClassOf(rebuild.Key).Tag;
            if (block is not null)
            {
                blocks.Add(block);
            }
        }

        foreach (var block in blocks.OrderBy(block => block.Id))
        {
            var directory = _core.Blocks.ReadDirectory(block.Id);
            if (RebuildBlock(block, directory, rebuild, parts) is { } filled)
            {
                rebuilt.Add(filled);
                foreach (var entry in directory.Entries)
                {
                    own.Remove(entry.Id);
                }
            }
        }

        return own;
    }

    private FilledBlock? RebuildBlock(
        BlockState block, BlockDirectory directory, ArtifactRebuild rebuild, Dictionary<Hash256, MissingContent> parts)
    {
        var builder = _core.Blocks.Begin(directory.Class);
        try
        {
            if (!TryFill(builder, directory, rebuild, parts))
            {
                builder.Discard();
                return null;
            }

            var filled = builder.Finish(directory.PayloadLength);
            return filled.Id == block.Id
                ? filled
                : throw new StoreDamagedException($"{block.Id} came back as {filled.Id}: its directory is damaged");
        }
        catch
        {
            builder.Discard();
            throw;
        }
    }

    /// <summary>Writes a block's entries in their places; false where one is neither here nor handed in.</summary>
    private bool TryFill(
        BlockBuilder builder, BlockDirectory directory, ArtifactRebuild rebuild,
        Dictionary<Hash256, MissingContent> parts)
    {
        using var objects = new ObjectReader(_core);
        foreach (var entry in directory.Entries)
        {
            if (!objects.TryRead(entry.Id, entry.Codec, out var bytes))
            {
                bytes = new byte[entry.Length];
                if (!parts.TryGetValue(entry.Id, out var part)
                    || !rebuild.Spool.TryRead(part.Parent, part.ParentOffset, bytes)
                    || Blake3.Hash(bytes) != entry.Id)
                {
                    return false;
                }
            }

            builder.AddAt(entry, bytes);
        }

        return true;
    }

    private void PlaceAnew(
        ArtifactRebuild rebuild, Dictionary<Hash256, ClassTag> own, Dictionary<ClassTag, BlockSink> sinks)
    {
        foreach (var part in rebuild.Missing.Where(part => own.ContainsKey(part.Object.Hash)))
        {
            var tag = own[part.Object.Hash];
            if (!sinks.TryGetValue(tag, out var sink))
            {
                sinks.Add(tag, sink = new BlockSink(_core, tag, _core.Limits.LargeBlockTarget));
            }

            var bytes = new byte[part.Length];
            rebuild.Spool.TryRead(part.Parent, part.ParentOffset, bytes);
            sink.Add(part.Object.Hash, BlockCodec.Raw, bytes);
        }
    }

    private StorageClass ClassOf(ArtifactKey key)
    {
        var record = RecordsOf([key])[0];
        lock (_core.State)
        {
            return _core.Know(record.Audience, record.Tenant);
        }
    }

    /// <summary>Of the evicted blocks that held an object, the one with the least to bring back.</summary>
    private BlockState? AwayBlockOf(Hash256 id)
    {
        lock (_core.State)
        {
            return _core.Chunks.PlacesOf(id, BlockCodec.Raw).Select(place => place.Block)
                .Where(block => !block.IsHere).OrderBy(block => block.EntryBytes).ThenBy(block => block.Id)
                .FirstOrDefault();
        }
    }

    /// <summary>What else would bring the blocks back byte for byte, each with a content that whoever holds it can be
    /// asked for.</summary>
    private void AddNeighbours(
        HashSet<BlockState> blocks, Dictionary<Hash256, MissingContent> missing, ObjectReader objects)
    {
        var wanted = new Dictionary<ContentId, Dictionary<Hash256, int>>();
        foreach (var entry in blocks.SelectMany(block => _core.Blocks.ReadDirectory(block.Id).Entries))
        {
            if (!missing.ContainsKey(entry.Id) && !IsHere(entry.Id) && ParentOf(entry.Id) is { } parent)
            {
                wanted.TryAdd(parent, []);
                wanted[parent][entry.Id] = entry.Length;
            }
        }

        foreach (var (parent, parts) in wanted)
        {
            foreach (var chunk in TrySizeOf(parent, out var size) ? ChunksOf(parent, size, objects) : [])
            {
                if (parts.Remove(chunk.Id, out var length))
                {
                    missing.Add(chunk.Id, new MissingContent(
                        ContentId.From(chunk.Id), length, parent, chunk.Start, IsRequired: false));
                }
            }
        }
    }

    /// <summary>A content of an artifact or a package that an object is a part of.</summary>
    private ContentId? ParentOf(Hash256 id)
    {
        lock (_core.State)
        {
            return _state.Uses.ContentsWith(id)
                .Where(content => _core.Artifacts.HasContent(content)
                    || _state.Uses.IsUsed(content.Hash, UseKind.Package))
                .Cast<ContentId?>().FirstOrDefault();
        }
    }
}
