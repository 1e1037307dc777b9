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
    private readonly Action<IReadOnlyList<FilledBlock>>? _sealEarly;
    private byte[] _small = [];
    private int _smallLength;
    private ChunkPipeline? _pipeline;
    private bool _finished;

    public ContentWriter(StoreCore core, string audience, string? tenant)
        : this(core, ClassUse.Of(core, audience, tenant))
    {
    }

    /// <param name="core">The store.</param>
    /// <param name="use">Whose bytes it is packed with.</param>
    /// <param name="sealEarly">As for <see cref="BlockSink"/>.</param>
    public ContentWriter(
        StoreCore core, ClassUse use, Action<IReadOnlyList<FilledBlock>>? sealEarly = null)
    {
        _core = core;
        _use = use;
        _sealEarly = sealEarly;
    }

    /// <summary>Stages a content small enough to ride in the log. Its memory is kept where it is a whole
    /// array.</summary>
    public static StagedContent Stage(StoreCore core, ClassUse use, ReadOnlyMemory<byte> bytes)
    {
        var content = ContentId.Of(bytes.Span);
        var staged = new StagedContent(core, use.Class, content, bytes.Length);
        if (bytes.IsEmpty)
        {
            return staged;
        }

        lock (core.State)
        {
            if (core.IsKept(content.Hash, BlockCodec.Raw, use.Usable))
            {
                core.Pin(content.Hash);
                staged.Hold([content.Hash]);
                return staged;
            }
        }

        var isWhole = MemoryMarshal.TryGetArray(bytes, out var array) && array.Count == array.Array!.Length;
        var inline = new InlineObject(content.Hash, BlockCodec.Raw, bytes.Length);
        staged.Inline = [new InlineBytes(inline, isWhole ? array.Array! : bytes.ToArray())];
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
            _pipeline = new ChunkPipeline(_core, _use, _sealEarly);
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

    /// <summary>Ends the content. Nothing is durable yet.</summary>
    public StagedContent Finish()
    {
        _finished = true;
        if (_pipeline is not null)
        {
            return _pipeline.Finish();
        }

        return Stage(_core, _use, _small.AsMemory(0, _smallLength));
    }

    /// <summary>Drops what was written where <see cref="Finish"/> was not reached.</summary>
    public void Dispose()
    {
        if (!_finished)
        {
            _pipeline?.Discard();
            _finished = true;
        }
    }
}
