using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Domains;

/// <summary>A head as heads order: by epoch, then size. The root goes with it.</summary>
/// <param name="Epoch">0 for a domain's first log.</param>
/// <param name="Size">Leaves.</param>
/// <param name="Root">RFC 6962 root at that size.</param>
public sealed record EpochHead(long Epoch, long Size, Hash256 Root);

/// <summary>
/// Opens a new epoch of a domain whose disk was rolled back (law 9): the owner says, with the head key, from which
/// witnessed head history goes on. Well-formed once decoded; authentic only if signed by the domain's active head key.
/// </summary>
/// <remarks>
/// COSE_Sign1, external_aad <c>omega/epoch/1</c>, at most 512 bytes; payload, a map of four fields:
/// <code>
/// "time"    claimed, Unix ms                 "epoch"     the one opened, above previous.epoch
/// "domain"  32 bytes                         "previous"  { "root": 32 bytes, "size": 0.., "epoch": 0.. }
/// </code>
/// Epoch 0 has no record. An epoch in which nothing was witnessed may be skipped, so numbers need not be consecutive.
/// </remarks>
public sealed class EpochRecord
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 512;

    /// <summary>The external_aad that keeps this kind of signature apart from all others.</summary>
    public const string ExternalAad = "omega/epoch/1";

    private readonly CoseSign1Message _message;

    private EpochRecord(CoseSign1Message message, DomainId domain, long epoch, EpochHead previous, long timeUnixMs)
    {
        _message = message;
        Bytes = message.Bytes.ToArray();
        Domain = domain;
        Epoch = epoch;
        Previous = previous;
        TimeUnixMs = timeUnixMs;
    }

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The key that the kid names. A claim.</summary>
    public Ed25519PublicKey Key => _message.Key;

    /// <summary>Whose log.</summary>
    public DomainId Domain { get; }

    /// <summary>The epoch opened, at least 1.</summary>
    public long Epoch { get; }

    /// <summary>The last witnessed head, from which the new epoch goes on.</summary>
    public EpochHead Previous { get; }

    /// <summary>When the owner says it was, milliseconds since 1970.</summary>
    public long TimeUnixMs { get; }

    /// <summary>Signs.</summary>
    /// <exception cref="ArgumentException">A number is negative, or the epoch not above that of the head.</exception>
    public static EpochRecord Create(
        ISigner headSigner, DomainId domain, long epoch, EpochHead previous, long timeUnixMs)
    {
        ArgumentNullException.ThrowIfNull(previous);
        ArgumentOutOfRangeException.ThrowIfNegative(previous.Epoch, nameof(previous));
        ArgumentOutOfRangeException.ThrowIfNegative(previous.Size, nameof(previous));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(epoch, previous.Epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(timeUnixMs);
        var writer = new CborWriter();
        writer.WriteMapStart(4);
        writer.WriteKey("time"u8);
        writer.WriteUInt((ulong)timeUnixMs);
        writer.WriteKey("epoch"u8);
        writer.WriteUInt((ulong)epoch);
        writer.WriteKey("domain"u8);
        writer.WriteBytes(domain.AsSpan());
        writer.WriteKey("previous"u8);
        writer.WriteMapStart(3);
        writer.WriteKey("root"u8);
        writer.WriteBytes(previous.Root.AsSpan());
        writer.WriteKey("size"u8);
        writer.WriteUInt((ulong)previous.Size);
        writer.WriteKey("epoch"u8);
        writer.WriteUInt((ulong)previous.Epoch);
        var bytes = CoseSign1.Sign(headSigner, writer.Written, ExternalAad);
        if (!TryDecode(bytes, out var record, out var error))
            throw new ArgumentException(error.ToString(), error.Field);
        return record;
    }

    /// <summary>Reads a record; verifies nothing. Errors: those of COSE and CBOR, <c>epoch-size</c>,
    /// <c>epoch-shape</c>,
    /// <c>epoch-order</c> (not above the head it goes on from).</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out EpochRecord? record, out DecodeError error)
    {
        record = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("epoch-size", "", "An epoch record has at most 512 bytes.");
            return false;
        }
        if (!CoseSign1.TryDecode(bytes, out var message, out error))
            return false;
        var reader = new CborReader(message.Payload);
        if (reader.TryReadMapStart(out var count)
            && (count == 4 || reader.Refuse("epoch-shape", "", "An epoch record has four fields."))
            && reader.TryReadKey("time"u8) && reader.TryReadSize(out var timeUnixMs)
            && reader.TryReadKey("epoch"u8) && reader.TryReadSize(out var epoch)
            && reader.TryReadKey("domain"u8) && reader.TryReadHash(out var domain)
            && reader.TryReadKey("previous"u8) && TryReadHead(ref reader, out var previous)
            && reader.TryFinish()
            && (epoch > previous.Epoch || reader.Refuse("epoch-order", "epoch", "An epoch is above the one before.")))
        {
            record = new EpochRecord(message, DomainId.From(domain), epoch, previous, timeUnixMs);
        }
        error = reader.Error;
        return record is not null;
    }

    /// <summary>True iff <see cref="Key"/> signed. Whether it is the head key is for the DAM to say.</summary>
    public bool IsSignatureValid() => _message.Verify(Key, ExternalAad);

    private static bool TryReadHead(ref CborReader reader, [NotNullWhen(true)] out EpochHead? head)
    {
        head = null;
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count != 3)
            return reader.Refuse("epoch-shape", "previous", "A head has three fields.");
        if (!reader.TryReadKey("root"u8) || !reader.TryReadHash(out var root)
            || !reader.TryReadKey("size"u8) || !reader.TryReadSize(out var size)
            || !reader.TryReadKey("epoch"u8) || !reader.TryReadSize(out var epoch))
            return false;
        head = new EpochHead(epoch, size, root);
        return true;
    }
}
