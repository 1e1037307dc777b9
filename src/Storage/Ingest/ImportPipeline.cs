using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// A large content that comes group by group, each proven against the content's id before. While one buffer is being
/// filled, the chunks of the one before are cut and hashed, and those of the one before that placed; the writer waits
/// only where it is two buffers ahead. The content's own tree is made of the chaining values that proved the groups.
/// Not thread-safe.
/// </summary>
internal sealed class ImportPipeline
{
    private readonly StoreCore _core;
    private readonly ContentId _content;
    private readonly OutboardBuilder _outboard = new();
    private readonly ImportJournal? _journal;
    private readonly BlockSink _sink;
    private readonly ChunkPlacer _placer;
    private ChunkBuffer _filling;
    private ChunkBuffer _cutting;
    private ChunkBuffer _placing;
    private List<Hash256> _cvs = [];
    private IRunningWork? _turn;
    private int _known;

    /// <param name="core">The store.</param>
    /// <param name="use">Whose bytes they are.</param>
    /// <param name="content">What comes.</param>
    /// <param name="early">How blocks become known before the end.</param>
    /// <param name="journal">Where is written down how far it is; null: nowhere.</param>
    public ImportPipeline(
        StoreCore core, ClassUse use, ContentId content, EarlySealing early, ImportJournal? journal)
    {
        _core = core;
        _content = content;
        _journal = journal;
        _filling = new ChunkBuffer(core.Limits.IngestBuffer);
        _cutting = new ChunkBuffer(core.Limits.IngestBuffer);
        _placing = new ChunkBuffer(core.Limits.IngestBuffer);
        _sink = new BlockSink(core, use.Class.Tag, core.Limits.LargeBlockTarget, early, journal);
        _placer = new ChunkPlacer(core, use, _sink, journal);
    }

    /// <summary>Bytes taken so far, in whole groups but at the end: where the next group begins.</summary>
    public long Position => _outboard.Size;

    /// <summary>Takes up what an import that was cut off has left, as far as it is there and right. Once, and first.
    /// </summary>
    public void Resume(ImportProgress left)
    {
        long placed = 0;
        var bytes = new byte[Chunking.FastCdc.SizeMax];
        var groups = 0;
        foreach (var chunk in left.Chunks)
        {
            // The group in which the chunks end comes again whole; before it, each has its chaining value.
            if (chunk.Length is <= 0 or > Chunking.FastCdc.SizeMax
                || (placed + chunk.Length) / BaoTree.DefaultGroupSize > left.Cvs.Count
                || !TryTakeUp(chunk, left, bytes))
            {
                break;
            }

            placed += chunk.Length;
            if (placed / BaoTree.DefaultGroupSize - groups > ushort.MaxValue)
            {
                TakeUpGroups(left.Cvs, ref groups, placed);
            }
        }

        TakeUpGroups(left.Cvs, ref groups, placed);
        _known = (int)(placed % BaoTree.DefaultGroupSize);
    }

    /// <summary>Takes the next group.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Write(ReadOnlySpan<byte> group, Hash256 cv)
    {
        _outboard.AddProven(cv, group.Length);
        _cvs.Add(cv);
        var known = Math.Min(_known, group.Length);
        _known = 0;
        for (var bytes = group[known..]; !bytes.IsEmpty;)
        {
            bytes = bytes[_filling.Take(bytes)..];
            if (_filling.IsFull)
            {
                Turn(isLast: false);
            }
        }
    }

    /// <summary>Cuts and places what is left. The blocks are not synced.</summary>
    /// <exception cref="StoreRefusedException"><c>wrong-content</c>: the groups are not those of the content.
    /// </exception>
    public StagedContent Finish()
    {
        var size = _outboard.Size;
        Turn(isLast: true);
        EndTurn();
        _placing = _cutting;
        Place([]);
        _sink.Close();
        _sink.EndEarly();
        var outboard = _outboard.Finish(out var root);
        if (root != _content.Hash)
        {
            throw new StoreRefusedException(
                "wrong-content", $"the groups are those of {ContentId.From(root)}, not of {_content}");
        }

        var staged = _placer.Finish(_content, size, outboard);
        staged.Sinks = [_sink, .. staged.Sinks];
        return staged;
    }

    /// <summary>Leaves what is on the disk to whoever goes on; without a journal, no trace but sealed blocks.</summary>
    public void Leave()
    {
        try
        {
            EndTurn();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It has failed before, or fails again for whoever goes on: the import is given up anyway.
            _turn = null;
        }

        if (_journal is null)
        {
            _sink.Discard();
        }
        else
        {
            _sink.Leave();
        }

        _placer.Discard();
    }

    private bool TryTakeUp(ImportedChunk chunk, ImportProgress left, byte[] buffer)
    {
        if (_placer.TryPlaceKept(chunk.Id, chunk.Length))
        {
            left.Skip(chunk);
            return true;
        }

        var bytes = buffer.AsSpan(0, chunk.Length);
        if (chunk.Block == 0 || !left.TryReadNext(chunk, bytes))
        {
            return false;
        }

        _placer.Place(bytes, [(chunk.Id, chunk.Length)]);
        return true;
    }

    private void TakeUpGroups(List<Hash256> cvs, ref int groups, long placed)
    {
        var taken = cvs.GetRange(groups, (int)(placed / BaoTree.DefaultGroupSize) - groups);
        taken.ForEach(cv => _outboard.AddProven(cv, BaoTree.DefaultGroupSize));
        groups += taken.Count;
        _journal?.Append(taken);
    }

    /// <summary>What was cut goes on to be placed, what was filled to be cut, and what was placed is free.</summary>
    private void Turn(bool isLast)
    {
        EndTurn();
        (_placing, _cutting, _filling) = (_cutting, _filling, _placing);
        var cvs = _cvs;
        _cvs = [];
        _journal?.AppendSeen(_outboard.Size + _core.Limits.IngestBuffer);
        _turn = _core.Scheduler.Begin(() => _core.Scheduler.Run(2, task =>
        {
            if (task == 0)
            {
                Place(cvs);
            }
            else
            {
                _cutting.Cut(isLast);
            }
        }));
    }

    private void EndTurn()
    {
        if (_turn is not { } turn)
        {
            return;
        }

        _turn = null;
        turn.Wait();
        _filling.Carry(_cutting.Uncut);
    }

    private void Place(IReadOnlyList<Hash256> cvs)
    {
        _placer.Place(_placing.Cuttings, CollectionsMarshal.AsSpan(_placing.Chunks));
        _placing.Clear();
        _journal?.Append(cvs);
    }
}
