using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Omega.Join;

/// <summary>
/// An invitation as people pass it on: <c>omega1</c> and base32 (lower case, no padding) of a canonical CBOR map
/// followed by 4 check bytes, the first of the BLAKE3 of that map. Whoever has it may redeem it once.
/// </summary>
/// <param name="Issuer">The issuer's node key; the dialled link must prove it.</param>
/// <param name="Domain">The issuer's domain.</param>
/// <param name="Mesh">The mesh it invites to.</param>
/// <param name="Secret">16 random bytes; the issuer keeps only their hash.</param>
/// <param name="Scope">What is granted; <see cref="PeerScope"/> is mutual trust.</param>
/// <param name="ExpiresUnixS">Seconds since 1970 after which it is worth nothing.</param>
/// <param name="Invited">The only node key that may redeem it, or null for anyone.</param>
/// <param name="Addresses">Where to dial the issuer.</param>
public sealed record Ticket(
    Ed25519PublicKey Issuer,
    DomainId Domain,
    MeshId Mesh,
    ReadOnlyMemory<byte> Secret,
    string Scope,
    long ExpiresUnixS,
    Ed25519PublicKey? Invited,
    IReadOnlyList<string> Addresses)
{
    /// <summary>Every ticket begins so.</summary>
    public const string Prefix = "omega1";

    /// <summary>The scope that makes both sides trusted peers.</summary>
    public const string PeerScope = "peer";

    /// <summary>Length of <see cref="Secret"/>.</summary>
    public const int SecretBytes = 16;

    private const int CheckBytes = 4;
    private const int ScopeBytesMax = 32;

    /// <summary>
    /// What the issuer stores instead of the secret: <c>derive_key("omega ticket-secret v1", secret)</c>.
    /// </summary>
    public static Hash256 HashSecret(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[32];
        Blake3.DeriveKey("omega ticket-secret v1", secret, hash);
        return Hash256.From(hash);
    }

    /// <summary>The text.</summary>
    public override string ToString()
    {
        var body = EncodeBody();
        Span<byte> check = stackalloc byte[32];
        Blake3.Hash(body, check);
        return Prefix + Base32.Encode([.. body, .. check[..CheckBytes]]);
    }

    /// <summary>
    /// Reads a ticket; surrounding white space and letter case do not count. Errors: <c>ticket-word</c>,
    /// <c>ticket-base32</c>, <c>ticket-check</c> (mistyped), or those of the CBOR inside.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Ticket? ticket, out DecodeError error)
    {
        ArgumentNullException.ThrowIfNull(text);
        ticket = null;
        var trimmed = text.Trim();
        if (trimmed.Length > OmegaLimits.TicketChars
            || !trimmed.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return Refuse("ticket-word", "a ticket begins with omega1", out error);
        if (!Base32.TryDecode(trimmed[Prefix.Length..].ToLowerInvariant(), out var bytes)
            || bytes.Length <= CheckBytes)
            return Refuse("ticket-base32", "not base32", out error);
        var body = bytes.AsSpan(..^CheckBytes);
        Span<byte> check = stackalloc byte[32];
        Blake3.Hash(body, check);
        if (!CryptographicOperations.FixedTimeEquals(check[..CheckBytes], bytes.AsSpan(^CheckBytes..)))
            return Refuse("ticket-check", "the check digits do not fit: mistyped or cut short", out error);
        return TryDecodeBody(body, out ticket, out error);
    }

    private byte[] EncodeBody()
    {
        var writer = new CborWriter();
        writer.WriteMapStart(Invited is null ? 7 : 8);
        writer.WriteKey("mesh");
        writer.WriteBytes(Mesh.ToArray());
        writer.WriteKey("scope");
        writer.WriteText(Scope);
        writer.WriteKey("domain");
        writer.WriteBytes(Domain.AsSpan());
        writer.WriteKey("issuer");
        writer.WriteBytes(Issuer.AsSpan());
        writer.WriteKey("secret");
        writer.WriteBytes(Secret.Span);
        writer.WriteKey("expires");
        writer.WriteUInt((ulong)ExpiresUnixS);
        if (Invited is { } invited)
        {
            writer.WriteKey("invited");
            writer.WriteBytes(invited.AsSpan());
        }
        writer.WriteKey("addresses");
        OmegaCbor.WriteTexts(writer, Addresses);
        return writer.ToArray();
    }

    private static bool TryDecodeBody(
        ReadOnlySpan<byte> body, [NotNullWhen(true)] out Ticket? ticket, out DecodeError error)
    {
        ticket = null;
        var reader = new CborReader(body);
        Ed25519PublicKey? invited = null;
        if (reader.TryReadMapStart(out var count) && count is 7 or 8
            && reader.TryReadKey("mesh"u8) && reader.TryReadBytes(MeshId.Length, out var mesh)
            && reader.TryReadKey("scope"u8) && reader.TryReadText(ScopeBytesMax, out var scope)
            && reader.TryReadKey("domain"u8) && reader.TryReadHash(out var domain) && !domain.IsDefault
            && reader.TryReadKey("issuer"u8) && TryReadKeyBytes(ref reader, out var issuer)
            && reader.TryReadKey("secret"u8) && reader.TryReadBytes(SecretBytes, out var secret)
            && reader.TryReadKey("expires"u8) && reader.TryReadSize(out var expires)
            && (count == 7 || TryReadInvited(ref reader, out invited))
            && reader.TryReadKey("addresses"u8) && JoinFields.TryReadAddresses(ref reader, out var addresses)
            && reader.TryFinish())
            ticket = new Ticket(
                issuer, DomainId.From(domain), MeshId.From(mesh), secret.ToArray(), scope, expires, invited, addresses);
        error = OmegaCbor.ErrorOf(ref reader, ticket is not null);
        return ticket is not null;
    }

    private static bool TryReadInvited(ref CborReader reader, out Ed25519PublicKey? invited)
    {
        invited = null;
        if (!reader.TryReadKey("invited"u8) || !TryReadKeyBytes(ref reader, out var key))
            return false;
        invited = key;
        return true;
    }

    private static bool TryReadKeyBytes(ref CborReader reader, out Ed25519PublicKey key)
    {
        key = default;
        if (!reader.TryReadBytes(Ed25519PublicKey.Length, out var bytes))
            return false;
        key = Ed25519PublicKey.From(bytes);
        return !key.IsDefault;
    }

    private static bool Refuse(string code, string message, out DecodeError error)
    {
        error = new DecodeError(code, "ticket", message);
        return false;
    }
}
