using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// One pass over a large content through a ring of three buffers. At the same time one is read into, the one before is
/// cut and hashed for the content id, and the one before that is looked up, hashed into a block and appended: tasks
/// that do not touch each other, handed to the scheduler together, the longest first. Not thread-safe.
/// </summary>
internal sealed class ChunkPipeline
{
    private readonly StoreCore _core;
    private readonly OutboardBuilder _outboard = new();
    private readonly BlockSink _sink;
    private readonly ChunkPlacer _placer;
    private ChunkBuffer _filling;
    private ChunkBuffer _cut;
    private ChunkBuffer _spare;
    private long _size;

    public ChunkPipeline(StoreCore core, ClassUse use, EarlySealing? early)
    {
        _core = core;
        _filling = new ChunkBuffer(core.Limits.IngestBuffer);
        _cut = new ChunkBuffer(core.Limits.IngestBuffer);
        _spare = new ChunkBuffer(core.Limits.IngestBuffer);
        _sink = new BlockSink(core, use.Class.Tag, core.Limits.LargeBlockTarget, early);
        _placer = new ChunkPlacer(core, use, _sink);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_filling.Take(bytes)..];
            if (_filling.IsFull)
            {
                Turn(source: null, isLast: false);
            }
        }
    }

    /// <summary>Takes everything a source has, read beside the other work.</summary>
    public void ReadFrom(ByteSource source)
    {
        _filling.Fill(source);
        while (_filling.IsFull)
        {
            Turn(source, isLast: false);
        }
    }

    /// <summary>Cuts and writes what is left. The blocks are not synced.</summary>
    public StagedContent Finish()
    {
        Turn(source: null, isLast: true);
        WriteChunks();
        _sink.Close();
        _sink.EndEarly();
        var outboard = _outboard.Finish(out var root);
        var staged = _placer.Finish(ContentId.From(root), _size, outboard);
        staged.Sinks = [_sink, .. staged.Sinks];
        return staged;
    }

    /// <summary>Leaves no trace but blocks that were sealed early.</summary>
    public void Discard()
    {
        _sink.Discard();
        _placer.Discard();
    }

    /// <summary>Cuts the filled buffer while the one before is written and the next one read, then moves all one
    /// on.</summary>
    private void Turn(ByteSource? source, bool isLast)
    {
        _core.Scheduler.Run(source is null ? 3 : 4, task =>
        {
            switch (task)
            {
                case 0:
                    WriteChunks();
                    break;
                case 1:
                    _filling.Cut(isLast);
                    break;
                case 2:
                    _outboard.Update(_filling.Fresh);
                    break;
                default:
                    _spare.Fill(source!);
                    break;
            }
        });
        _size += _filling.Fresh.Length;
        _spare.Carry(_filling.Uncut);
        (_filling, _cut, _spare) = (_spare, _filling, _cut);
    }

    private void WriteChunks()
    {
        _placer.Place(_cut.Cuttings, CollectionsMarshal.AsSpan(_cut.Chunks));
        _cut.Clear();
    }
}
