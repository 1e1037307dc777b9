using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Bao;

/// <summary>
/// Verifies an encoding as it arrives, in pieces of any size. No byte is handed over before its group has the hash
/// that the root promises for that position, so whatever is handed over is right, even when the transfer fails later.
/// <para>
/// The claimed size gives the tree its shape. A wrong one is found at the first parent or group that does not fit,
/// and at the latest at the content's last group: chunk hashes cover position, length and root-ness. A transfer that
/// does not reach the last group delivers right bytes at right offsets without proving the size; see
/// <see cref="IsSizeVerified"/>.
/// </para>
/// Memory: at most one group and 5 KiB, whatever the size. One thread at a time.
/// </summary>
public sealed class BaoDecoder
{
    private readonly BaoCursor? _cursor;
    private readonly IOutboardSink? _sink;
    private readonly byte[] _partial;
    private int _partialLength;

    /// <summary>
    /// Decodes <paramref name="ranges"/> of the content with hash <paramref name="root"/>. The size may come from a
    /// stranger: a negative one rejects at the first call. Verified parents go to <paramref name="sink"/>.
    /// </summary>
    public BaoDecoder(
        Hash256 root, long size, ByteRanges ranges,
        IOutboardSink? sink = null, int groupLog = BaoTree.DefaultGroupLog)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        _sink = sink;
        var tree = new BaoTree(Math.Max(0, size), groupLog);
        _partial = new byte[(int)Math.Clamp(size, Blake3Constants.ParentSize, tree.GroupSize)];
        if (size < 0) Error = BaoError.WrongSize;
        else _cursor = new BaoCursor(root, tree, ranges);
    }

    /// <summary>Why the transfer was rejected, or <see cref="BaoError.None"/>.</summary>
    public BaoError Error { get; private set; }

    /// <summary>
    /// True when every requested group has been handed over; bytes after that belong to nobody here.
    /// </summary>
    public bool IsDone => Error == BaoError.None && _cursor!.IsDone;

    /// <summary>True once the content's last group was verified: the size is then proved.</summary>
    public bool IsSizeVerified => _cursor is { IsSizeVerified: true };

    /// <summary>
    /// Takes input up to and including at most one group. Call again with the rest until
    /// <see cref="BaoStatus.NeedMore"/>, <see cref="BaoStatus.Done"/> or <see cref="BaoStatus.Rejected"/>. An empty
    /// content gives one empty leaf without any input. Input after the last item is rejected: check
    /// <see cref="IsDone"/> first where more may follow. After a rejection every call rejects.
    /// </summary>
    public BaoStatus Push(ReadOnlySpan<byte> input, out int consumed, out BaoLeaf leaf)
    {
        consumed = 0;
        leaf = default;
        while (Error == BaoError.None && !_cursor!.IsDone)
        {
            if (!TryTakeItem(input[consumed..], ref consumed, out var item)) return BaoStatus.NeedMore;
            var isParent = _cursor.IsParent;
            var position = isParent ? _cursor.ParentIndex : _cursor.Offset;
            var promise = _cursor.Promise;
            Error = _cursor.Accept(item);
            if (Error != BaoError.None) return BaoStatus.Rejected;
            if (isParent)
            {
                _sink?.WriteParent(position, item);
                continue;
            }

            leaf = new BaoLeaf(position, item, promise);
            return BaoStatus.Leaf;
        }

        if (Error == BaoError.None && !input[consumed..].IsEmpty) Error = BaoError.TrailingBytes;
        return Error == BaoError.None ? BaoStatus.Done : BaoStatus.Rejected;
    }

    /// <summary>
    /// The input has ended. Anything but <see cref="BaoError.None"/> means that the transfer failed.
    /// </summary>
    public BaoError Finish()
    {
        if (Error == BaoError.None && !_cursor!.IsDone) Error = BaoError.Truncated;
        return Error;
    }

    /// <summary>The next whole item, in place where the input holds all of it.</summary>
    private bool TryTakeItem(ReadOnlySpan<byte> input, scoped ref int consumed, out ReadOnlySpan<byte> item)
    {
        var length = _cursor!.Length;
        if (_partialLength == 0 && input.Length >= length)
        {
            consumed += length;
            item = input[..length];
            return true;
        }

        var take = Math.Min(input.Length, length - _partialLength);
        input[..take].CopyTo(_partial.AsSpan(_partialLength));
        consumed += take;
        _partialLength += take;
        item = _partial.AsSpan(0, length);
        if (_partialLength < length) return false;
        _partialLength = 0;
        return true;
    }
}
