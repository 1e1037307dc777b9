using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>
/// The one request of a <c>/omega/blocks/1</c> stream: a CBOR map of one key, the case's name, over a map of its
/// fields. Closed. A challenge is a <see cref="Get"/> of random groups: the holder cannot tell the two apart.
/// </summary>
public abstract record BlocksRequest
{
    private BlocksRequest()
    {
    }

    /// <summary>
    /// Ranges of a content or block. Answer, as bulk: a <see cref="BulkHeader"/> and, unless it refuses, the bao
    /// encoding of the 16 KiB groups that the ranges touch, without size prefix.
    /// </summary>
    public sealed record Get(TargetKind Kind, Hash256 Hash, IReadOnlyList<WireRange> Ranges) : BlocksRequest;

    /// <summary>
    /// Ranges of many contents or blocks at once. Answer, as bulk: what the answer to each would be, one behind the
    /// other; what may not be read is refused in its place and the next one follows.
    /// </summary>
    public sealed record Many(IReadOnlyList<Get> Gets) : BlocksRequest;

    /// <summary>Which of these are held whole? Answer, as one frame: <see cref="HaveResponse"/>.</summary>
    public sealed record Have(TargetKind Kind, IReadOnlyList<Hash256> Ids) : BlocksRequest;

    /// <summary>The one encoding.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        Encode(writer);
        return writer.ToArray();
    }

    /// <summary>Writes the one encoding.</summary>
    public void Encode(CborWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (this)
        {
            case Get get:
                OmegaCbor.BeginCase(writer, "get", 3);
                writer.WriteKey("id");
                writer.WriteBytes(get.Hash.AsSpan());
                writer.WriteKey("kind");
                writer.WriteUInt((ulong)get.Kind);
                writer.WriteKey("ranges");
                WriteRanges(writer, get.Ranges);
                break;
            case Many many:
                OmegaCbor.BeginCase(writer, "many", 1);
                writer.WriteKey("gets");
                writer.WriteArrayStart(many.Gets.Count);
                foreach (var get in many.Gets)
                    WriteItem(writer, get);
                break;
            case Have have:
                OmegaCbor.BeginCase(writer, "have", 2);
                writer.WriteKey("ids");
                OmegaCbor.WriteHashes(writer, have.Ids);
                writer.WriteKey("kind");
                writer.WriteUInt((ulong)have.Kind);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>
    /// Reads a request. False, with the reason, for anything but the one encoding of a request in bounds; ranges are
    /// 1 to <see cref="OmegaLimits.Ranges"/>, ascending, apart, not empty; of a <see cref="Many"/> at most
    /// <see cref="OmegaLimits.RangesOfMany"/> in all.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out BlocksRequest? request, out DecodeError error)
    {
        request = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var count)
            && TryReadCase(ref reader, name, count, out var read) && reader.TryFinish())
            request = read;
        error = OmegaCbor.ErrorOf(ref reader, request is not null);
        return request is not null;
    }

    private static bool TryReadCase(ref CborReader reader, string name, int count, out BlocksRequest? request)
    {
        request = null;
        switch (name, count)
        {
            case ("get", 3):
                if (reader.TryReadKey("id"u8) && reader.TryReadHash(out var hash)
                    && TryReadKind(ref reader, out var kind)
                    && reader.TryReadKey("ranges"u8) && TryReadRanges(ref reader, out var ranges))
                    request = new Get(kind, hash, ranges);
                break;
            case ("many", 1):
                if (reader.TryReadKey("gets"u8) && TryReadItems(ref reader, out var gets))
                    request = new Many(gets);
                break;
            case ("have", 2):
                if (reader.TryReadKey("ids"u8)
                    && OmegaCbor.TryReadHashes(ref reader, OmegaLimits.HaveIds, out var ids) && ids.Count > 0
                    && TryReadKind(ref reader, out var kindOfIds))
                    request = new Have(kindOfIds, ids);
                break;
            default:
                break;
        }
        return request is not null;
    }

    private static void WriteItem(CborWriter writer, Get get)
    {
        writer.WriteArrayStart(3);
        writer.WriteBytes(get.Hash.AsSpan());
        writer.WriteUInt((ulong)get.Kind);
        WriteRanges(writer, get.Ranges);
    }

    private static bool TryReadItems(ref CborReader reader, out IReadOnlyList<Get> gets)
    {
        var ranges = 0;
        return OmegaCbor.TryReadList(ref reader, OmegaLimits.Gets, ReadItem, out gets) && gets.Count > 0;

        bool ReadItem(ref CborReader r, out Get item)
        {
            item = null!; // not read after false
            if (!r.TryReadArrayStart(out var count) || count != 3 || !r.TryReadHash(out var hash)
                || !r.TryReadSize(out var kind) || kind > (long)TargetKind.Block
                || !TryReadRanges(ref r, out var read) || (ranges += read.Count) > OmegaLimits.RangesOfMany)
                return false;
            item = new Get((TargetKind)kind, hash, read);
            return true;
        }
    }

    private static void WriteRanges(CborWriter writer, IReadOnlyList<WireRange> ranges)
    {
        writer.WriteArrayStart(ranges.Count * 2);
        foreach (var range in ranges)
        {
            writer.WriteUInt((ulong)range.Start);
            writer.WriteUInt((ulong)range.Length);
        }
    }

    private static bool TryReadRanges(ref CborReader reader, out IReadOnlyList<WireRange> ranges)
    {
        ranges = [];
        if (!reader.TryReadArrayStart(out var count) || count % 2 != 0 || count is 0 or > 2 * OmegaLimits.Ranges)
            return false;
        var read = new WireRange[count / 2];
        long end = -1;
        for (var i = 0; i < read.Length; i++)
        {
            if (!reader.TryReadSize(out var start) || !reader.TryReadSize(out var length))
                return false;
            if (start <= end || length == 0 || length > long.MaxValue - start)
                return false;
            read[i] = new WireRange(start, length);
            end = start + length;
        }
        ranges = read;
        return true;
    }

    private static bool TryReadKind(ref CborReader reader, out TargetKind kind)
    {
        kind = default;
        if (!reader.TryReadKey("kind"u8) || !reader.TryReadSize(out var number) || number > (long)TargetKind.Block)
            return false;
        kind = (TargetKind)number;
        return true;
    }
}
