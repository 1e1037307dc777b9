using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>
/// What precedes the bao bytes of a bulk answer: an unsigned varint length and that many bytes of CBOR,
/// <c>{"bytes":{"size":n}}</c> with the whole content's length, or the uniform <c>{"refused":{}}</c> after which the
/// stream ends.
/// </summary>
/// <param name="Size">The content's length in bytes; -1 refuses.</param>
public readonly record struct BulkHeader(long Size)
{
    /// <summary>The uniform refusal.</summary>
    public static BulkHeader Refusal { get; } = new(-1);

    /// <summary>True for the refusal.</summary>
    public bool IsRefusal => Size < 0;

    /// <summary>Length prefix and CBOR.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(32);
        if (IsRefusal)
        {
            OmegaCbor.BeginCase(writer, OmegaCbor.RefusedName, 0);
        }
        else
        {
            OmegaCbor.BeginCase(writer, "bytes", 1);
            writer.WriteKey("size");
            writer.WriteUInt((ulong)Size);
        }
        var body = writer.Written;
        var bytes = new byte[Varint.Length((ulong)body.Length) + body.Length];
        var prefix = Varint.Write((ulong)body.Length, bytes);
        body.CopyTo(bytes.AsSpan(prefix));
        return bytes;
    }

    /// <summary>
    /// Reads from the start of <paramref name="bytes"/>: Done with the header and the bytes it took, NeedMore, or
    /// Invalid for anything else, also a length over <see cref="OmegaLimits.BulkHeaderBytes"/>.
    /// </summary>
    public static VarintStatus TryRead(ReadOnlySpan<byte> bytes, out BulkHeader header, out int length)
    {
        header = Refusal;
        length = 0;
        var status = Varint.TryRead(bytes, out var bodyLength, out var prefix);
        if (status != VarintStatus.Done)
            return status;
        if (bodyLength > OmegaLimits.BulkHeaderBytes)
            return VarintStatus.Invalid;
        if (bytes.Length - prefix < (int)bodyLength)
            return VarintStatus.NeedMore;
        length = prefix + (int)bodyLength;
        return TryDecode(bytes[prefix..length], out header) ? VarintStatus.Done : VarintStatus.Invalid;
    }

    private static bool TryDecode(ReadOnlySpan<byte> body, out BulkHeader header)
    {
        header = Refusal;
        var reader = new CborReader(body);
        if (!OmegaCbor.TryBeginCase(ref reader, out var name, out var count))
            return false;
        if ((name, count) == (OmegaCbor.RefusedName, 0))
            return reader.TryFinish();
        if ((name, count) != ("bytes", 1) || !reader.TryReadKey("size"u8) || !reader.TryReadSize(out var size)
            || !reader.TryFinish())
            return false;
        header = new BulkHeader(size);
        return true;
    }
}
