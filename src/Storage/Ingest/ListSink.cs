using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Ingest;

/// <summary>An object that rides in the log commit.</summary>
internal readonly record struct InlineBytes(InlineObject Object, byte[] Bytes);

/// <summary>Takes the store's own objects of one content: few ride in the log, many go to a block of lists.</summary>
internal sealed class ListSink(StoreCore core, StorageClass contents)
{
    private readonly List<InlineBytes> _inline = [];
    private int _inlineLength;
    private BlockSink? _blocks;

    public IReadOnlyList<InlineBytes> Inline => _inline;

    public BlockSink? Blocks => _blocks;

    public void Add(Hash256 id, BlockCodec codec, byte[] bytes)
    {
        if (_blocks is null && _inlineLength + bytes.Length <= core.Limits.InlineRecordMax)
        {
            _inline.Add(new InlineBytes(new InlineObject(id, codec, bytes.Length), bytes));
            _inlineLength += bytes.Length;
            return;
        }

        if (_blocks is null)
        {
            _blocks = new BlockSink(core, contents.Lists.Tag, core.Limits.SmallBlockTarget);
            foreach (var inline in _inline)
            {
                _blocks.Add(inline.Object.Id, inline.Object.Codec, inline.Bytes);
            }

            _inline.Clear();
        }

        _blocks.Add(id, codec, bytes);
    }

    public void Discard()
    {
        _blocks?.Discard();
        _blocks = null;
        _inline.Clear();
    }
}
