using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Ingest;

/// <summary>Takes a content of unknown length: a small one whole, for the log; a large one into the chunk pipeline. Not
/// thread-safe.</summary>
internal sealed class ContentWriter : IDisposable
{
    private readonly StoreCore _core;
    private readonly ClassUse _use;
    private readonly EarlySealing? _early;
    private byte[] _small = [];
    private int _smallLength;
    private ChunkPipeline? _pipeline;
    private bool _finished;

    public ContentWriter(StoreCore core, string audience, string? tenant)
        : this(core, core.UseOf(audience, tenant))
    {
    }

    /// <param name="core">The store.</param>
    /// <param name="use">Whose bytes it is packed with.</param>
    /// <param name="early">As for <see cref="BlockSink"/>.</param>
    public ContentWriter(StoreCore core, ClassUse use, EarlySealing? early = null)
    {
        _core = core;
        _use = use;
        _early = early;
    }

    /// <summary>Stages a content small enough to ride in the log. Its memory is kept where it is a whole
    /// array.</summary>
    public static StagedContent Stage(StoreCore core, ClassUse use, ReadOnlyMemory<byte> bytes)
    {
        var isWhole = MemoryMarshal.TryGetArray(bytes, out var array) && array.Count == array.Array!.Length;
        var staged = StagedContent.Unsettled(core, use.Class, isWhole ? array.Array! : bytes.ToArray());
        lock (core.State)
        {
            staged.Settle(use.Usable);
        }

        return staged;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_pipeline is null && _smallLength + bytes.Length <= _core.Limits.InlineContentMax)
        {
            if (_small.Length < _smallLength + bytes.Length)
            {
                var wanted = Math.Max(_smallLength + bytes.Length, Math.Min(_small.Length * 2, 4096));
                Array.Resize(ref _small, wanted);
            }

            bytes.CopyTo(_small.AsSpan(_smallLength));
            _smallLength += bytes.Length;
            return;
        }

        if (_pipeline is null)
        {
            _pipeline = new ChunkPipeline(_core, _use, _early);
            _pipeline.Write(_small.AsSpan(0, _smallLength));
            _small = [];
        }

        _pipeline.Write(bytes);
    }

    /// <summary>Takes everything a source has.</summary>
    public void ReadFrom(ByteSource source)
    {
        if (_pipeline is null)
        {
            var first = new byte[_core.Limits.InlineContentMax + 1 - _smallLength];
            var length = 0;
            for (int read; length < first.Length && (read = source(first.AsSpan(length))) > 0;)
            {
                length += read;
            }

            Write(first.AsSpan(0, length));
        }

        _pipeline?.ReadFrom(source);
    }

    /// <summary>Classes whose bytes may serve as the content's own.</summary>
    public IReadOnlyCollection<ClassTag> Usable => _use.Usable;

    /// <summary>Ends the content. Nothing is durable yet.</summary>
    /// <exception cref="IOException">The disk failed or is full; <see cref="Dispose"/> drops what was written.
    /// </exception>
    public StagedContent Finish()
    {
        var staged = FinishUnsettled();
        lock (_core.State)
        {
            staged.Settle(_use.Usable);
        }

        return staged;
    }

    /// <summary>The same; the caller settles it.</summary>
    public StagedContent FinishUnsettled()
    {
        var staged = _pipeline is not null
            ? _pipeline.Finish()
            : StagedContent.Unsettled(
                _core, _use.Class, _small.Length == _smallLength ? _small : _small[.._smallLength]);
        _finished = true;
        return staged;
    }

    /// <summary>Drops what was written where <see cref="Finish"/> did not return.</summary>
    public void Dispose()
    {
        if (!_finished)
        {
            _pipeline?.Discard();
            _finished = true;
        }
    }
}
