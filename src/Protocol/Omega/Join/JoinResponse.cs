using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Protocol.Omega.Join;

/// <summary>
/// The answer to a <see cref="JoinRequest"/>. An empty <see cref="DamChain"/> is the uniform refusal: it does not tell
/// a wrong secret from a used, expired or unknown one.
/// </summary>
/// <param name="DamChain">
/// The issuer's authority manifests; the newest names the guest. From genesis on when they fit, else the guest asks
/// for the rest over the catalog.
/// </param>
/// <param name="Addresses">Where the issuer may be reached.</param>
public sealed record JoinResponse(IReadOnlyList<ReadOnlyMemory<byte>> DamChain, IReadOnlyList<string> Addresses)
{
    /// <summary>The uniform refusal.</summary>
    public static JoinResponse Refused { get; } = new([], []);

    /// <summary>True for the refusal.</summary>
    public bool IsRefusal => DamChain.Count == 0;

    /// <summary>The one encoding.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        if (IsRefusal)
        {
            OmegaCbor.BeginCase(writer, OmegaCbor.RefusedName, 0);
            return writer.ToArray();
        }
        OmegaCbor.BeginCase(writer, "joined", 2);
        writer.WriteKey("chain");
        OmegaCbor.WriteBlobs(writer, DamChain);
        writer.WriteKey("addresses");
        OmegaCbor.WriteTexts(writer, Addresses);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads an answer. False, with the reason, for anything but the one encoding of an answer in bounds.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out JoinResponse? response, out DecodeError error)
    {
        response = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var count))
        {
            if ((name, count) == (OmegaCbor.RefusedName, 0))
                response = reader.TryFinish() ? Refused : null;
            else if ((name, count) == ("joined", 2)
                && reader.TryReadKey("chain"u8) && JoinFields.TryReadChain(ref reader, out var chain)
                && reader.TryReadKey("addresses"u8) && JoinFields.TryReadAddresses(ref reader, out var addresses)
                && reader.TryFinish())
                response = new JoinResponse(chain, addresses);
        }
        error = OmegaCbor.ErrorOf(ref reader, response is not null);
        return response is not null;
    }
}
