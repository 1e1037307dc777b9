using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>What a generator of large stores needs: everything is written as ever, and nothing of it checked.</summary>
public sealed partial class DomainStore
{
    /// <summary>Figures of the index.</summary>
    internal IndexStats IndexStats
    {
        get
        {
            lock (_core.State)
            {
                return _core.Index.Stats;
            }
        }
    }

    /// <summary>From here on trees are left alone until <see cref="EndBulk"/> makes them of the whole set.</summary>
    internal void BeginBulk()
    {
        lock (_core.State)
        {
            _state.IsBulk = true;
            _state.Current.Tree.IsStale = true;
            _state.Published.MakesStaleTrees = true;
        }
    }

    /// <summary>Makes the trees, settles who uses what, signs a head and seals the index.</summary>
    internal void EndBulk(Instant now)
    {
        lock (_core.State)
        {
            _state.IsBulk = false;
            _state.Published.MakesStaleTrees = false;
            _state.FoldAll();
        }

        lock (_core.Maintenance)
        {
            while (_state.Uses.CatchUpSome(int.MaxValue))
            {
                SealIndexWhenFull();
            }
        }

        TakeSnapshot(now);
        FoldBeforehand();
        Freeze();
        while (SealOrMerge(int.MaxValue))
        {
        }
    }

    /// <summary>A piece of what is due to the index, beside the writers; false where nothing is.</summary>
    internal bool WorkOnIndex() => SealOrMerge(StepPages);

    /// <summary>Artifacts in force, with the blocks of their contents.</summary>
    internal void AdmitUnchecked(
        IReadOnlyList<(Hash256 Id, byte[] Bytes)> contents,
        IReadOnlyList<(SignedArtifact Entry, LogRecord.Add Add)> artifacts,
        Instant now)
    {
        SealIndexWhenFull();
        BlockSink sink;
        lock (_core.State)
        {
            sink = new BlockSink(_core, _core.Know("internal", null).Tag, _core.Limits.SmallBlockTarget);
        }

        foreach (var (id, bytes) in contents)
        {
            sink.Add(id, BlockCodec.Raw, bytes);
        }

        sink.Seal();
        LogItem[] items = [Item(new LogRecord.Seal(sink.Ids(), null, 0)), .. artifacts.Select(some => Item(some.Add))];
        _log.Commit(items, first =>
        {
            lock (_core.State)
            {
                AddBlocks([sink]);
                for (var i = 0; i < artifacts.Count; i++)
                {
                    _state.PutArtifact(first + 1 + i, artifacts[i].Entry, artifacts[i].Add);
                }

                _lastPutRunningMs = Math.Max(_lastPutRunningMs, now.RunningMs);
            }
        });
    }

    /// <summary>Publishes artifacts of this domain that refer to nothing, with one commit for all.</summary>
    internal void PublishUnchecked(IReadOnlyList<ArtifactKey> keys, string audience, Instant now)
    {
        lock (_publicGate)
        {
            var records = keys.Select(key =>
            {
                var entry = RequireOwn(key, audience).Record.EntryHash;
                var leaf = History.Prepare(new PublicRecord.Publish(key, audience, entry));
                return (Record: new LogRecord.Publish(key, audience, false, now.UnixMs, leaf.Encode()), Leaf: leaf);
            }).ToList();
            CommitLeaves([.. records.Select(pair => Item(pair.Record))], [.. records.Select(pair => pair.Leaf)], _ =>
            {
                lock (_core.State)
                {
                    records.ForEach(pair => _state.Publish(pair.Record));
                }
            });
        }
    }
}
