using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>
/// Takes a bulk answer: header, then the bao encoding, any split. Hands on exactly the bytes of the ranges asked, in
/// order, each after its group was proven (law 6); a bad byte is found within its 16 KiB group. Memory: one group.
/// </summary>
public sealed class BlocksSink : IBulkSink
{
    private readonly Hash256 _hash;
    private readonly long _size;
    private readonly IReadOnlyList<WireRange> _ranges;
    private readonly IVerifiedSink _sink;
    private readonly byte[] _header = new byte[Varint.LengthMax + OmegaLimits.BulkHeaderBytes];
    private int _headerLength;
    private int _rangeIndex;
    private BaoDecoder? _decoder;
    private BlocksStatus? _status;
    private string _detail = "";
    private long _verified;
    private long _wire;
    private long _verifiedTo;
    private long _stopAt = long.MaxValue;
    private bool _isCutShort;
    private volatile SinkActivity _activity;

    /// <summary>A sink for the answer to one request.</summary>
    /// <param name="hash">The id asked; the bao root.</param>
    /// <param name="size">The length that the id's descriptor promises.</param>
    /// <param name="ranges">The ranges asked, as in <see cref="BlocksRequest.Get"/>, inside the size.</param>
    /// <param name="sink">Where proven bytes go.</param>
    public BlocksSink(Hash256 hash, long size, IReadOnlyList<WireRange> ranges, IVerifiedSink sink)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        ArgumentOutOfRangeException.ThrowIfZero(ranges.Count);
        ArgumentNullException.ThrowIfNull(sink);
        _hash = hash;
        _size = size;
        _ranges = ranges;
        _sink = sink;
        _verifiedTo = ranges[0].Start;
    }

    /// <summary>Every byte of the ranges below this offset was handed on. May be read from any thread.</summary>
    public long VerifiedTo => Volatile.Read(ref _verifiedTo);

    /// <summary>Bytes received so far, proofs included. May be read from any thread.</summary>
    public long BytesWire => Volatile.Read(ref _wire);

    /// <summary>May be read from any thread.</summary>
    public SinkActivity Activity => _activity;

    /// <inheritdoc/>
    public object Outcome =>
        new BlocksOutcome(_status ?? BlocksStatus.Cut, _verified, _wire, _verifiedTo, _detail);

    /// <summary>
    /// From now on the answer is done once everything below <paramref name="offset"/>, a group boundary, was handed on.
    /// May be called from any thread while a pump pushes; what was handed on before stays.
    /// </summary>
    public void StopAt(long offset) => Volatile.Write(ref _stopAt, offset);

    /// <inheritdoc/>
    public BulkStep Push(ReadOnlySpan<byte> bytes)
    {
        var step = Take(ref bytes);
        if (step == BulkStep.Done && !bytes.IsEmpty && !_isCutShort)
        {
            Volatile.Write(ref _wire, _wire + bytes.Length);
            Fail(BlocksStatus.Malformed, "bytes after the end");
            return BulkStep.Failed;
        }
        return step;
    }

    /// <summary>As <see cref="Push"/>, but what follows the end of the answer is left in <paramref name="bytes"/>: the
    /// next one of a <see cref="BlocksRequest.Many"/> begins there.</summary>
    internal BulkStep Take(ref ReadOnlySpan<byte> bytes)
    {
        var given = bytes.Length;
        _activity = SinkActivity.Verifying;
        if (_status is null && _decoder is null)
            bytes = TakeHeader(bytes);
        while (_status is null && _decoder is { } decoder && TakeItem(decoder, ref bytes))
        {
        }
        Volatile.Write(ref _wire, _wire + given - bytes.Length);
        _activity = SinkActivity.Waiting;
        return _status switch
        {
            null => BulkStep.Continue,
            BlocksStatus.Done => BulkStep.Done,
            _ => BulkStep.Failed,
        };
    }

    /// <inheritdoc/>
    public void End(bool reset) =>
        _status ??= Fail(reset ? BlocksStatus.Cut : BlocksStatus.Truncated, "ended before the last byte");

    private ReadOnlySpan<byte> TakeHeader(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, _header.Length - _headerLength);
        bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
        var before = _headerLength;
        _headerLength += taken;
        var read = BulkHeader.TryRead(_header.AsSpan(0, _headerLength), out var header, out var length);
        if (read == VarintStatus.NeedMore)
            return [];
        if (read == VarintStatus.Invalid)
            Fail(BlocksStatus.Malformed, "no header");
        else if (header.IsRefusal)
            Fail(BlocksStatus.Refused, "refused");
        else if (header.Size != _size)
            Fail(BlocksStatus.BadHash, $"size {header.Size} instead of {_size}");
        else
            _decoder = new BaoDecoder(_hash, _size, Asked());
        return bytes[(length > before ? length - before : 0)..];
    }

    private ByteRanges Asked() =>
        ByteRanges.TryCreate([.. _ranges.Select(r => new ByteRange(r.Start, r.Length))], out var ranges)
            ? ranges
            : ByteRanges.None;

    private bool TakeItem(BaoDecoder decoder, ref ReadOnlySpan<byte> bytes)
    {
        var step = decoder.Push(bytes, out var consumed, out var leaf);
        bytes = bytes[consumed..];
        switch (step)
        {
            case BaoStatus.Leaf:
                HandOn(leaf.Offset, leaf.Data, leaf.Cv);
                _isCutShort = !decoder.IsDone && _verifiedTo >= Volatile.Read(ref _stopAt);
                if (_status is null && (decoder.IsDone || _isCutShort))
                    _status = BlocksStatus.Done;
                return _status is null;
            case BaoStatus.Done:
                _status = BlocksStatus.Done;
                return false;
            case BaoStatus.Rejected:
                Fail(BlocksStatus.BadHash, decoder.Error.ToString());
                return false;
            default:
                return false;
        }
    }

    // A leaf is a whole group; only what was asked of it goes on.
    private void HandOn(long offset, ReadOnlySpan<byte> leaf, Hash256 cv)
    {
        var end = offset + leaf.Length;
        while (_rangeIndex < _ranges.Count)
        {
            var range = _ranges[_rangeIndex];
            var from = Math.Max(range.Start, offset);
            var to = Math.Min(range.End, end);
            if (from < to && !TryWrite(from, leaf[(int)(from - offset)..(int)(to - offset)], cv))
                return;
            if (range.End > end)
                return;
            _rangeIndex++;
        }
    }

    private bool TryWrite(long offset, ReadOnlySpan<byte> bytes, Hash256 cv)
    {
        _activity = SinkActivity.Writing;
        try
        {
            _sink.Write(offset, bytes, cv);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            Fail(BlocksStatus.LocalFault, e.Message);
            return false;
        }
        _activity = SinkActivity.Verifying;
        _verified += bytes.Length;
        Volatile.Write(ref _verifiedTo, offset + bytes.Length);
        return true;
    }

    private BlocksStatus Fail(BlocksStatus status, string detail)
    {
        _detail = detail;
        _status = status;
        return status;
    }
}
