using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// Produces the combined encoding of ranges of a content, without the size header: parents of 64 bytes and groups in
/// pre-order, only where the ranges lie. It checks what it reads from outboard and content before a byte leaves, so
/// rot on the disk ends the transfer with an error instead of being sent. Pull: the caller decides how much and when.
/// Memory: at most one group and 5 KiB. One thread at a time.
/// </summary>
public sealed class BaoEncoder
{
    private readonly BaoCursor _cursor;
    private readonly IOutboardReader _outboard;
    private readonly IContentReader _content;
    private readonly byte[] _item;
    private int _itemLength;
    private int _itemSent;

    /// <summary>
    /// Encodes <paramref name="ranges"/> of the content with hash <paramref name="root"/> and <paramref name="size"/>
    /// bytes; a negative size throws. Both readers are used until the end of the encoding.
    /// </summary>
    public BaoEncoder(
        Hash256 root, long size, IOutboardReader outboard, ByteRanges ranges, IContentReader content,
        int groupLog = BaoTree.DefaultGroupLog)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var tree = new BaoTree(size, groupLog);
        _outboard = outboard;
        _content = content;
        _item = new byte[(int)Math.Clamp(size, Blake3Constants.ParentSize, tree.GroupSize)];
        _cursor = new BaoCursor(root, tree, ranges);
    }

    /// <summary>What the stored bytes failed, or <see cref="BaoError.None"/>.</summary>
    public BaoError Error { get; private set; }

    /// <summary>True when all has been read.</summary>
    public bool IsDone => _itemSent == _itemLength && _cursor.IsDone;

    /// <summary>
    /// Fills <paramref name="output"/> as far as the encoding goes and returns the number of bytes: fewer than asked
    /// only at the end or before a damaged item, which <see cref="Error"/> tells. What the readers throw passes
    /// through.
    /// </summary>
    public int Read(Span<byte> output)
    {
        var written = 0;
        while (true)
        {
            var take = Math.Min(_itemLength - _itemSent, output.Length - written);
            _item.AsSpan(_itemSent, take).CopyTo(output[written..]);
            _itemSent += take;
            written += take;
            if (_itemSent < _itemLength || _cursor.IsDone || Error != BaoError.None) return written;
            var length = _cursor.Length;
            if (length <= output.Length - written)
            {
                if (!TryLoad(output.Slice(written, length))) return written;
                written += length;
            }
            else if (written == output.Length)
            {
                return written;
            }
            else
            {
                if (!TryLoad(_item.AsSpan(0, length))) return written;
                _itemLength = length;
                _itemSent = 0;
            }
        }
    }

    private bool TryLoad(Span<byte> item)
    {
        if (_cursor.IsParent) _outboard.ReadParent(_cursor.ParentIndex, item);
        else _content.ReadAt(_cursor.Offset, item);
        Error = _cursor.Accept(item);
        if (Error != BaoError.None) item.Clear();
        return Error == BaoError.None;
    }
}
