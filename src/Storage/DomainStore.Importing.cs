using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Contents and artifacts that the mesh brings.</summary>
public sealed partial class DomainStore
{
    private readonly Dictionary<string, long> _importsSince = [];

    /// <summary>Begins to take over what other domains have published, or what packages name.</summary>
    /// <exception cref="StoreReadOnlyException">Writes are refused.</exception>
    public ImportBatch BeginImport()
    {
        RequireWritable();
        RequireSpareRoom();
        MovePendingWhenOver(_core.Limits.PendingMax);
        return new ImportBatch(this, _core);
    }

    internal EarlySealing SealingEach(int blocks) => new(blocks, SealEarly);

    internal void CompleteImport(ImportBatch batch, Instant now)
    {
        RequireWritable();
        foreach (var use in batch.Classes)
        {
            use.Finish();
        }

        AllAtATime([.. batch.Artifacts.Select(artifact => artifact.Entry.Descriptor.Key)], () =>
        {
            var fresh = batch.Artifacts.DistinctBy(artifact => (artifact.Entry.Descriptor.Key, artifact.Source))
                .Where(artifact => !IsImported(artifact)).ToList();
            fresh.ForEach(artifact => RequireEntryFits(artifact.Entry));
            RequireRoom(fresh.Count, batch.Classes.Sum(use => use.Inline.Sum(inline => (long)inline.Bytes.Length)
                + use.Sinks.Sum(sink => sink.UnsealedBytes)));
            CommitImport(batch, fresh, now);
            return 0;
        });
        SettleBeside(batch.Classes.Sum(use => use.Contents.Count));
    }

    private bool IsImported(ImportedArtifact artifact)
    {
        lock (_core.State)
        {
            return _core.Artifacts.TryGet(artifact.Entry.Descriptor.Key, artifact.Source, out var known)
                && known!.Entry.AsSpan().SequenceEqual(artifact.Entry.Bytes.Span);
        }
    }

    /// <summary>Blocks, then what rides in the log, then the artifacts: a commit that was cut short shows none without
    /// its bytes.</summary>
    private void CommitImport(ImportBatch batch, List<ImportedArtifact> fresh, Instant now)
    {
        List<BlockSink> sinks = [.. batch.Classes.SelectMany(use => use.Sinks)];
        var carried = batch.Classes
            .SelectMany(use => Groups(use.Inline).Select(group => (use.Use.Class, Inline: group))).ToList();
        _gate.EnterReadLock();
        try
        {
            foreach (var use in batch.Classes)
            {
                RequireStillKept(use);
            }

            RequireStillHere(sinks.SelectMany(sink => sink.SealedEarly));
            BlockSink.SealAll(_core, sinks);
            var items = StagedContent.SealItems(sinks).ToList();
            var firstCarried = items.Count;
            items.AddRange(carried.Select(group => CopyItem(group.Class, group.Inline)));
            var adds = fresh.ConvertAll(artifact => new LogRecord.Add(
                artifact.Entry.Bytes.ToArray(), artifact.Audience, Tenant: null, now.UnixMs, artifact.Source, []));
            items.AddRange(adds.Select(Item));
            if (items.Count == 0)
            {
                return;
            }

            _log.Commit(items, first =>
            {
                lock (_core.State)
                {
                    AddBlocks(sinks);
                    for (var i = 0; i < carried.Count; i++)
                    {
                        AddCarried(carried[i].Class, carried[i].Inline, first + firstCarried + i);
                    }

                    for (var i = 0; i < fresh.Count; i++)
                    {
                        _state.PutArtifact(first + firstCarried + carried.Count + i, fresh[i].Entry, adds[i]);
                    }

                    _lastPutRunningMs = Math.Max(_lastPutRunningMs, now.RunningMs);
                }
            });
            foreach (var use in batch.Classes)
            {
                use.Keep();
            }
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>What was not brought was here when it was asked for. Under the gate, so that it stays.</summary>
    private void RequireStillKept(ImportClass use)
    {
        foreach (var (content, size) in use.Contents)
        {
            if (size > 0 && !use.Brought.Contains(content)
                && !IsKept(content, use.Use.Class.Audience, use.Use.Class.Tenant))
            {
                throw new StoreRefusedException("incomplete", $"the bytes of {content} were not brought");
            }
        }
    }

    /// <summary>A crash after an import's commit leaves its journal, of which nothing is to be taken up: the content's
    /// list is here.</summary>
    private void DropFinishedImports()
    {
        foreach (var name in _core.Files.List(ImportJournal.Folder))
        {
            if (name.Length < 2 * Hash256.Size
                || !Hash256.TryParseHex(name.AsSpan(0, 2 * Hash256.Size), out var content))
            {
                continue;
            }

            bool isHere;
            lock (_core.State)
            {
                isHere = _core.TryLocate(content, BlockCodec.ChunkList, out _, out _);
            }

            if (isHere)
            {
                _core.Files.Delete($"{ImportJournal.Folder}/{name}");
            }
        }
    }

    /// <summary>Removes what imports left that nobody took up for a grace period; their sealed blocks go as all do that
    /// nothing needs.</summary>
    private void ReclaimImports(long running, long grace)
    {
        var names = _core.Files.List(ImportJournal.Folder).ToHashSet();
        lock (_core.State)
        {
            names.RemoveWhere(name => _core.Importing.Contains(name[..Math.Max(0, name.IndexOf('.'))]));
        }

        foreach (var gone in _importsSince.Keys.Except(names).ToList())
        {
            _importsSince.Remove(gone);
        }

        foreach (var name in names)
        {
            if (_importsSince.TryAdd(name, running) || _importsSince[name] > running - grace)
            {
                continue;
            }

            _core.Files.Delete($"{ImportJournal.Folder}/{name}");
            _importsSince.Remove(name);
        }
    }
}
