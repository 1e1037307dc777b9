using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Omega.Join;

/// <summary>
/// The one request of a <c>/omega/join/1</c> stream: redeems a ticket. Answer: <see cref="JoinResponse"/>.
/// </summary>
/// <param name="Mesh">The mesh the ticket is for.</param>
/// <param name="Secret">The ticket's 16 secret bytes.</param>
/// <param name="DamChain">The guest's authority manifests from genesis on.</param>
/// <param name="Addresses">Where the guest may be reached.</param>
public sealed record JoinRequest(
    MeshId Mesh,
    ReadOnlyMemory<byte> Secret,
    IReadOnlyList<ReadOnlyMemory<byte>> DamChain,
    IReadOnlyList<string> Addresses)
{
    /// <summary>The one encoding.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter();
        OmegaCbor.BeginCase(writer, "join", 4);
        writer.WriteKey("mesh");
        writer.WriteBytes(Mesh.ToArray());
        writer.WriteKey("chain");
        OmegaCbor.WriteBlobs(writer, DamChain);
        writer.WriteKey("secret");
        writer.WriteBytes(Secret.Span);
        writer.WriteKey("addresses");
        OmegaCbor.WriteTexts(writer, Addresses);
        return writer.ToArray();
    }

    /// <summary>
    /// Reads a request. False, with the reason, for anything but the one encoding of a request in bounds.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out JoinRequest? request, out DecodeError error)
    {
        request = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var count)
            && (name, count) == ("join", 4)
            && reader.TryReadKey("mesh"u8) && reader.TryReadBytes(MeshId.Length, out var mesh)
            && reader.TryReadKey("chain"u8) && JoinFields.TryReadChain(ref reader, out var chain)
            && reader.TryReadKey("secret"u8) && reader.TryReadBytes(Ticket.SecretBytes, out var secret)
            && reader.TryReadKey("addresses"u8) && JoinFields.TryReadAddresses(ref reader, out var addresses)
            && reader.TryFinish())
            request = new JoinRequest(MeshId.From(mesh), secret.ToArray(), chain, addresses);
        error = OmegaCbor.ErrorOf(ref reader, request is not null);
        return request is not null;
    }
}
