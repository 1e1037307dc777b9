using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>
/// The answer to <see cref="BlocksRequest.Have"/>: one bit per id, in order. What the asker may not read counts as not
/// held (law 7). Null <see cref="Held"/> is the uniform refusal.
/// </summary>
/// <param name="Held">Per id asked, whether it is held whole; null: refused.</param>
public sealed record HaveResponse(IReadOnlyList<bool>? Held)
{
    /// <summary>The uniform refusal.</summary>
    public static HaveResponse Refused { get; } = new(default(IReadOnlyList<bool>));

    /// <summary>The one encoding: bits packed low bit first, spare bits zero.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        if (Held is null)
        {
            OmegaCbor.BeginCase(writer, OmegaCbor.RefusedName, 0);
            return writer.ToArray();
        }
        var bits = new byte[(Held.Count + 7) / 8];
        for (var i = 0; i < Held.Count; i++)
        {
            if (Held[i])
                bits[i / 8] |= (byte)(1 << (i % 8));
        }
        OmegaCbor.BeginCase(writer, "have", 1);
        writer.WriteKey("bits");
        writer.WriteBytes(bits);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads the answer to a question of <paramref name="idCount"/> ids; another length or a spare bit is refused.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, int idCount, [NotNullWhen(true)] out HaveResponse? response, out DecodeError error)
    {
        response = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var count))
        {
            if ((name, count) == (OmegaCbor.RefusedName, 0))
                response = reader.TryFinish() ? Refused : null;
            else if ((name, count) == ("have", 1) && reader.TryReadKey("bits"u8)
                && reader.TryReadBytes((idCount + 7) / 8, out var bits) && reader.TryFinish())
                response = Unpack(bits, idCount);
        }
        error = OmegaCbor.ErrorOf(ref reader, response is not null);
        return response is not null;
    }

    private static HaveResponse? Unpack(ReadOnlySpan<byte> bits, int idCount)
    {
        if (idCount % 8 != 0 && bits[^1] >> (idCount % 8) != 0)
            return null;
        var held = new bool[idCount];
        for (var i = 0; i < idCount; i++)
            held[i] = (bits[i / 8] >> (i % 8) & 1) == 1;
        return new HaveResponse(held);
    }
}
