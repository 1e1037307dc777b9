using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>One content of a <see cref="BlocksRequest.Many"/>, as its asker expects it.</summary>
/// <param name="Hash">The id asked; the bao root.</param>
/// <param name="Size">The length that the id's descriptor promises.</param>
/// <param name="Ranges">The ranges asked, inside the size.</param>
/// <param name="Sink">Where proven bytes go.</param>
public readonly record struct ManyItem(
    Hash256 Hash, long Size, IReadOnlyList<WireRange> Ranges, IVerifiedSink Sink);

/// <summary>
/// Takes the bulk answer to a <see cref="BlocksRequest.Many"/>: the answers to its gets one behind the other, any
/// split. A refusal ends its content alone; anything that is wrong ends the answer, and what was proven before stays.
/// Memory: one group.
/// </summary>
public sealed class ManySink : IBulkSink
{
    private const int GroupBytes = BaoTree.DefaultGroupSize;

    private readonly IReadOnlyList<ManyItem> _items;
    private readonly BlocksStatus?[] _statuses;
    private BlocksSink? _current;
    private volatile int _index;
    private volatile SinkActivity _activity = SinkActivity.Waiting;
    private long _verified;
    private long _wire;
    private BlocksStatus? _status;
    private string _detail = "";

    /// <summary>A sink for the answer to one request.</summary>
    public ManySink(IReadOnlyList<ManyItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfZero(items.Count);
        _items = items;
        _statuses = new BlocksStatus?[items.Count];
    }

    /// <summary>Bytes received so far, proofs included. May be read from any thread.</summary>
    public long BytesWire => Volatile.Read(ref _wire);

    /// <summary>Contents whose answer has ended, in the order asked. May be read from any thread.</summary>
    public int ItemsEnded => _index;

    /// <summary>May be read from any thread.</summary>
    public SinkActivity Activity => Volatile.Read(ref _current)?.Activity ?? _activity;

    /// <inheritdoc/>
    public object Outcome => new ManyOutcome(_status ?? BlocksStatus.Cut, [.. _statuses], _verified, _wire, _detail);

    /// <inheritdoc/>
    public BulkStep Push(ReadOnlySpan<byte> bytes)
    {
        Volatile.Write(ref _wire, _wire + bytes.Length);
        while (_status is null && _index < _items.Count && TakeAnswer(ref bytes))
        {
        }
        if (_status is null && _index == _items.Count)
            _status = BlocksStatus.Done;
        if (_status == BlocksStatus.Done && !bytes.IsEmpty)
            (_status, _detail) = (BlocksStatus.Malformed, "bytes after the end");
        return _status switch
        {
            null => BulkStep.Continue,
            BlocksStatus.Done => BulkStep.Done,
            _ => BulkStep.Failed,
        };
    }

    /// <inheritdoc/>
    public void End(bool reset)
    {
        if (_status is not null)
            return;
        _status = reset ? BlocksStatus.Cut : BlocksStatus.Truncated;
        _detail = "ended before the last byte";
        _verified += _current is null ? 0 : ((BlocksOutcome)_current.Outcome).BytesVerified;
    }

    /// <summary>True when an answer ended and the next one begins.</summary>
    private bool TakeAnswer(ref ReadOnlySpan<byte> bytes)
    {
        if (_current is null)
        {
            var item = _items[_index];
            if (TryTakeWhole(item, ref bytes))
                return _status is null;
            _current = new BlocksSink(item.Hash, item.Size, item.Ranges, item.Sink);
        }
        if (_current.Take(ref bytes) == BulkStep.Continue)
            return false;
        var outcome = (BlocksOutcome)_current.Outcome;
        _current = null;
        _statuses[_index++] = outcome.Status;
        _verified += outcome.BytesVerified;
        if (outcome.Status is BlocksStatus.Done or BlocksStatus.Refused)
            return true;
        (_status, _detail) = (outcome.Status, outcome.Detail);
        return false;
    }

    /// <summary>Most contents are asked whole, are one group, and lie whole in what was received: they are proven by
    /// their hash alone. Whatever is otherwise, or wrong, is left to the decoder.</summary>
    private bool TryTakeWhole(in ManyItem item, ref ReadOnlySpan<byte> bytes)
    {
        if (item.Size is <= 0 or > GroupBytes || item.Ranges.Count != 1 || item.Ranges[0] != new WireRange(0, item.Size)
            || BulkHeader.TryRead(bytes, out var header, out var length) != VarintStatus.Done
            || header.Size != item.Size || bytes.Length - length < item.Size)
            return false;
        _activity = SinkActivity.Verifying;
        var content = bytes.Slice(length, (int)item.Size);
        var isProven = Blake3.Hash(content) == item.Hash;
        if (isProven)
        {
            bytes = bytes[(length + content.Length)..];
            HandOn(item, content);
        }
        _activity = SinkActivity.Waiting;
        return isProven;
    }

    private void HandOn(in ManyItem item, ReadOnlySpan<byte> content)
    {
        _activity = SinkActivity.Writing;
        try
        {
            item.Sink.Write(0, content, item.Hash);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            (_status, _detail) = (BlocksStatus.LocalFault, e.Message);
            _statuses[_index++] = BlocksStatus.LocalFault;
            return;
        }
        _statuses[_index++] = BlocksStatus.Done;
        _verified += content.Length;
    }
}

/// <summary>What came of one <see cref="BlocksRequest.Many"/>.</summary>
/// <param name="Status">How it ended; done also where some were refused.</param>
/// <param name="Items">How each ended, in the order asked; null for one that was not begun or did not end.</param>
/// <param name="BytesVerified">Bytes that were proven and handed on.</param>
/// <param name="BytesWire">Bytes received, headers and proofs included.</param>
/// <param name="Detail">For the owner's eyes.</param>
public sealed record ManyOutcome(
    BlocksStatus Status, IReadOnlyList<BlocksStatus?> Items, long BytesVerified, long BytesWire, string Detail);
