using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Protocol.Omega.Catalog;

public abstract partial record CatalogResponse
{
    private const int SaltBytes = 32;

    /// <summary>Writes the one encoding.</summary>
    public void Encode(CborWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (this)
        {
            case Refused:
                OmegaCbor.BeginCase(writer, OmegaCbor.RefusedName, 0);
                break;
            case Later:
                OmegaCbor.BeginCase(writer, "later", 0);
                break;
            case None:
                OmegaCbor.BeginCase(writer, "none", 0);
                break;
            case Held held:
                OmegaCbor.BeginCase(writer, "held", 1);
                writer.WriteKey("note");
                writer.WriteBytes(held.Note.Span);
                break;
            case Dam dam:
                OmegaCbor.BeginCase(writer, "dam", 1);
                writer.WriteKey("chain");
                OmegaCbor.WriteBlobs(writer, dam.Chain);
                break;
            case Head head:
                WriteHead(writer, head.Bundle);
                break;
            case Leaves leaves:
                OmegaCbor.BeginCase(writer, "leaves", 2);
                writer.WriteKey("bodies");
                writer.WriteArrayStart(leaves.Bodies.Count);
                foreach (var body in leaves.Bodies)
                    WriteBody(writer, body);
                writer.WriteKey("commitments");
                OmegaCbor.WriteHashes(writer, leaves.Commitments);
                break;
            case Items items:
                OmegaCbor.BeginCase(writer, "items", 1);
                writer.WriteKey("bytes");
                OmegaCbor.WriteBlobs(writer, items.Bytes);
                break;
            case Noted noted:
                OmegaCbor.BeginCase(writer, "noted", 1);
                writer.WriteKey("newer");
                writer.WriteBytes(noted.Newer.Span);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>
    /// Reads an answer. False, with the reason, for anything but the one encoding of an answer in bounds.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CatalogResponse? response, out DecodeError error)
    {
        response = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var count)
            && TryReadCase(ref reader, name, count, out var read) && reader.TryFinish())
            response = read;
        error = OmegaCbor.ErrorOf(ref reader, response is not null);
        return response is not null;
    }

    private static bool TryReadCase(ref CborReader reader, string name, int count, out CatalogResponse? response)
    {
        response = (name, count) switch
        {
            (OmegaCbor.RefusedName, 0) => Refused.Instance,
            ("later", 0) => new Later(),
            ("none", 0) => new None(),
            ("held", 1) => TryReadNote(ref reader, "note"u8, out var note) ? new Held(note) : null,
            ("noted", 1) => TryReadNote(ref reader, "newer"u8, out var newer) ? new Noted(newer) : null,
            ("dam", 1) => reader.TryReadKey("chain"u8) && OmegaCbor.TryReadBlobs(
                ref reader, OmegaLimits.DamsPerMessage, OmegaLimits.DamBytes, out var chain) ? new Dam(chain) : null,
            ("head", 6) => TryReadHead(ref reader, out var bundle) ? new Head(bundle) : null,
            ("leaves", 2) => TryReadLeaves(ref reader),
            ("items", 1) => reader.TryReadKey("bytes"u8) && OmegaCbor.TryReadBlobs(
                ref reader, OmegaLimits.ItemsPerMessage, OmegaLimits.BodyBytes, out var items) && items.Count > 0
                ? new Items(items) : null,
            _ => null,
        };
        return response is not null;
    }

    private static void WriteHead(CborWriter writer, HeadBundle bundle)
    {
        OmegaCbor.BeginCase(writer, "head", 6);
        writer.WriteKey("note");
        writer.WriteBytes(bundle.Note.Span);
        writer.WriteKey("epochs");
        OmegaCbor.WriteBlobs(writer, bundle.EpochRecords);
        writer.WriteKey("openings");
        writer.WriteArrayStart(bundle.Openings.Count);
        foreach (var opening in bundle.Openings)
        {
            writer.WriteMapStart(3);
            writer.WriteKey("root");
            writer.WriteBytes(opening.Root.AsSpan());
            writer.WriteKey("salt");
            writer.WriteBytes(opening.Salt.AsSpan());
            writer.WriteKey("audience");
            writer.WriteText(opening.Audience);
        }
        writer.WriteKey("snapshot");
        WriteBody(writer, bundle.Snapshot);
        writer.WriteKey("inclusion");
        OmegaCbor.WriteHashes(writer, bundle.Inclusion);
        writer.WriteKey("consistency");
        OmegaCbor.WriteHashes(writer, bundle.Consistency);
    }

    private static bool TryReadHead(ref CborReader reader, [NotNullWhen(true)] out HeadBundle? bundle)
    {
        bundle = null;
        if (!TryReadNote(ref reader, "note"u8, out var note)
            || !reader.TryReadKey("epochs"u8)
            || !OmegaCbor.TryReadBlobs(
                ref reader, OmegaLimits.EpochRecords, OmegaLimits.EpochRecordBytes, out var epochs)
            || !reader.TryReadKey("openings"u8)
            || !OmegaCbor.TryReadList<AudienceOpening>(
                ref reader, OmegaLimits.Audiences, TryReadOpening, out var openings)
            || !reader.TryReadKey("snapshot"u8) || !TryReadBody(ref reader, out var snapshot)
            || !reader.TryReadKey("inclusion"u8)
            || !OmegaCbor.TryReadHashes(ref reader, OmegaLimits.ProofHashes, out var inclusion)
            || !reader.TryReadKey("consistency"u8)
            || !OmegaCbor.TryReadHashes(ref reader, OmegaLimits.ProofHashes, out var consistency))
            return false;
        bundle = new HeadBundle(note, snapshot, inclusion, consistency, openings, epochs);
        return true;
    }

    private static Leaves? TryReadLeaves(ref CborReader reader) =>
        reader.TryReadKey("bodies"u8)
        && OmegaCbor.TryReadList<LeafBody>(ref reader, OmegaLimits.LeavesPerMessage, TryReadBody, out var bodies)
        && reader.TryReadKey("commitments"u8)
        && OmegaCbor.TryReadHashes(ref reader, OmegaLimits.LeavesPerMessage, out var commitments)
        && commitments.Count > 0
            ? new Leaves(commitments, bodies)
            : null;

    private static bool TryReadNote(ref CborReader reader, ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> note)
    {
        note = default;
        return reader.TryReadKey(key) && OmegaCbor.TryReadBlob(ref reader, OmegaLimits.NoteBytes, out note);
    }

    private static void WriteBody(CborWriter writer, LeafBody body)
    {
        writer.WriteMapStart(3);
        writer.WriteKey("body");
        writer.WriteBytes(body.Body.Span);
        writer.WriteKey("salt");
        writer.WriteBytes(body.Salt.Span);
        writer.WriteKey("index");
        writer.WriteUInt((ulong)body.Index);
    }

    private static bool TryReadBody(ref CborReader reader, out LeafBody body)
    {
        body = null!; // only read after true
        if (!reader.TryReadMapStart(out var count) || count != 3
            || !reader.TryReadKey("body"u8) || !OmegaCbor.TryReadBlob(ref reader, OmegaLimits.BodyBytes, out var bytes)
            || !reader.TryReadKey("salt"u8) || !reader.TryReadBytes(SaltBytes, out var salt)
            || !reader.TryReadKey("index"u8) || !reader.TryReadSize(out var index))
            return false;
        body = new LeafBody(index, salt.ToArray(), bytes);
        return true;
    }

    private static bool TryReadOpening(ref CborReader reader, out AudienceOpening opening)
    {
        opening = null!; // only read after true
        if (!reader.TryReadMapStart(out var count) || count != 3
            || !reader.TryReadKey("root"u8) || !reader.TryReadHash(out var root)
            || !reader.TryReadKey("salt"u8) || !reader.TryReadHash(out var salt)
            || !reader.TryReadKey("audience"u8) || !reader.TryReadText(OmegaLimits.AudienceBytes, out var audience))
            return false;
        opening = new AudienceOpening(audience, salt, root);
        return true;
    }
}
