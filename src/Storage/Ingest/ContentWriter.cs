using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Ingest;

/// <summary>Takes a content of unknown length: a small one whole, for the log; a large one into the chunk pipeline. Not
/// thread-safe.</summary>
internal sealed class ContentWriter : IDisposable
{
    private readonly StoreCore _core;
    private readonly StorageClass _class;
    private readonly IReadOnlyCollection<ClassTag> _usable;
    private byte[] _small = [];
    private int _smallLength;
    private ChunkPipeline? _pipeline;
    private bool _finished;

    public ContentWriter(StoreCore core, string audience, string? tenant)
    {
        _core = core;
        lock (core.State)
        {
            _class = core.Know(audience, tenant);
            _usable = core.UsableBy(_class);
        }
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
            _pipeline = new ChunkPipeline(_core, _class, _usable);
            _pipeline.Write(_small.AsSpan(0, _smallLength));
            _small = [];
        }

        _pipeline.Write(bytes);
    }

    /// <summary>Ends the content. Nothing is durable yet.</summary>
    public StagedContent Finish()
    {
        _finished = true;
        if (_pipeline is not null)
        {
            return _pipeline.Finish();
        }

        var bytes = _small.AsSpan(0, _smallLength);
        var content = ContentId.Of(bytes);
        var staged = new StagedContent(_core, _class, content, bytes.Length);
        if (bytes.IsEmpty)
        {
            return staged;
        }

        lock (_core.State)
        {
            if (_core.IsKept(content.Hash, BlockCodec.Raw, _usable))
            {
                _core.Pin(content.Hash);
                staged.Hold([content.Hash]);
                return staged;
            }
        }

        var inline = new InlineObject(content.Hash, BlockCodec.Raw, bytes.Length);
        staged.Inline = [new InlineBytes(inline, bytes.Length == _small.Length ? _small : bytes.ToArray())];
        return staged;
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
