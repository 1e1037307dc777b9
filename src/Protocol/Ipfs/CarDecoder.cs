using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Ipfs;

/// <summary>Why bytes are not a CAR file.</summary>
public enum CarError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A length that is no varint, is zero, or passes its bound.</summary>
    BadLength,

    /// <summary>The header is not the DAG-CBOR of version 1.</summary>
    BadHeader,

    /// <summary>A section does not begin with a CID.</summary>
    BadCid,

    /// <summary>A block does not hash to its CID, or by a function that is not supported.</summary>
    WrongHash,

    /// <summary>The file ends inside its header or a section.</summary>
    Truncated,
}

/// <summary>One section of a CAR file; the block hashes to the CID.</summary>
public sealed record CarBlock(Cid Cid, ReadOnlyMemory<byte> Data);

/// <summary>
/// Reads a CAR version 1 file as its bytes come: varint length and header, then for each section a varint length, a CID
/// and its block, which is held against the CID. Memory is one section, and grows with the bytes that came, never with
/// the length that was claimed. After an error it stays failed. Not thread-safe.
/// </summary>
public sealed class CarDecoder
{
    private const int FirstAllocation = 4096;

    private readonly byte[] _prefix = new byte[Varint.LengthMax];
    private int _prefixLength;
    private int _wanted = -1;
    private ArrayBufferWriter<byte>? _part;

    /// <summary>The header, once it was read.</summary>
    public CarHeader? Header { get; private set; }

    /// <summary>The first thing wrong; sticky.</summary>
    public CarError Error { get; private set; }

    /// <summary>Reads a whole file at once; the fuzzed entry.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> file, [NotNullWhen(true)] out CarHeader? header, out IReadOnlyList<CarBlock> blocks,
        out CarError error)
    {
        var decoder = new CarDecoder();
        var found = new List<CarBlock>();
        while (!file.IsEmpty && decoder.TryPush(file, out var consumed, out var block))
        {
            file = file[consumed..];
            if (block is not null)
                found.Add(block);
        }

        error = decoder.Finish();
        header = error == CarError.None ? decoder.Header : null;
        blocks = error == CarError.None ? found : [];
        return header is not null;
    }

    /// <summary>Takes bytes up to the end of the header or of one section. False once something is wrong.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="consumed">How many of them were taken.</param>
    /// <param name="block">A whole section; null when more bytes are needed, and after the header.</param>
    public bool TryPush(ReadOnlySpan<byte> bytes, out int consumed, out CarBlock? block)
    {
        consumed = 0;
        block = null;
        if (Error != CarError.None)
            return false;
        while (_wanted < 0)
        {
            if (consumed == bytes.Length)
                return true;
            _prefix[_prefixLength++] = bytes[consumed++];
            if (!TryBegin())
                return false;
        }

        var take = Math.Min(_wanted - _part!.WrittenCount, bytes.Length - consumed); // there since the length was
        _part.Write(bytes.Slice(consumed, take));
        consumed += take;
        if (_part.WrittenCount < _wanted)
            return true;
        var part = _part.WrittenMemory;
        (_wanted, _prefixLength, _part) = (-1, 0, null);
        return Header is null ? TryHeader(part.Span) : TryBlock(part, out block);
    }

    /// <summary>No more bytes come: what is wrong with the whole.</summary>
    public CarError Finish()
    {
        if (Error == CarError.None && (Header is null || _prefixLength > 0 || _wanted >= 0))
            Error = CarError.Truncated;
        return Error;
    }

    private bool TryBegin()
    {
        var lengthMax = Header is null ? IpfsLimits.CarHeaderBytes : IpfsLimits.CarSectionBytes;
        switch (Varint.TryRead(_prefix.AsSpan(0, _prefixLength), out var length, out _))
        {
            case VarintStatus.NeedMore:
                return true;
            case VarintStatus.Done when length > 0 && length <= (ulong)lengthMax:
                _wanted = (int)length;
                _part = new ArrayBufferWriter<byte>(Math.Min(_wanted, FirstAllocation));
                return true;
            default:
                return Fail(CarError.BadLength);
        }
    }

    private bool TryHeader(ReadOnlySpan<byte> bytes)
    {
        if (!CarHeader.TryDecode(bytes, out var header))
            return Fail(CarError.BadHeader);
        Header = header;
        return true;
    }

    private bool TryBlock(ReadOnlyMemory<byte> section, out CarBlock? block)
    {
        block = null;
        if (!Cid.TryReadPrefix(section.Span, out var cid, out var length) || length > IpfsLimits.CidBytes)
            return Fail(CarError.BadCid);
        var data = section[length..];
        if (!CidHash.Matches(cid, data.Span))
            return Fail(CarError.WrongHash);
        block = new CarBlock(cid, data);
        return true;
    }

    private bool Fail(CarError error)
    {
        Error = error;
        return false;
    }
}
