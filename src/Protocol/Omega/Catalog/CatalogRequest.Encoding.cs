using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Protocol.Omega.Catalog;

public abstract partial record CatalogRequest
{
    private const int FieldsMax = 5;

    /// <summary>Writes the one encoding.</summary>
    public void Encode(CborWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (this)
        {
            case Held:
                Begin(writer, "held", 1);
                break;
            case Dam dam:
                OmegaCbor.BeginCase(writer, "dam", 2);
                writer.WriteKey("from");
                writer.WriteUInt((ulong)dam.From);
                WriteDomain(writer);
                break;
            case Head head:
                OmegaCbor.BeginCase(writer, "head", 4);
                writer.WriteKey("note");
                writer.WriteBytes(head.Note.Span);
                writer.WriteKey("size");
                writer.WriteUInt((ulong)head.Size);
                writer.WriteKey("epoch");
                writer.WriteUInt((ulong)head.Epoch);
                WriteDomain(writer);
                break;
            case Leaves leaves:
                OmegaCbor.BeginCase(writer, "leaves", 4);
                writer.WriteKey("to");
                writer.WriteUInt((ulong)leaves.To);
                writer.WriteKey("from");
                writer.WriteUInt((ulong)leaves.From);
                writer.WriteKey("epoch");
                writer.WriteUInt((ulong)leaves.Epoch);
                WriteDomain(writer);
                break;
            case Nodes nodes:
                WriteItems(writer, "nodes", nodes.Audience, nodes.Hashes);
                break;
            case Entries entries:
                WriteItems(writer, "entries", entries.Audience, entries.Keys);
                break;
            case Announce announce:
                OmegaCbor.BeginCase(writer, "announce", 2);
                writer.WriteKey("note");
                writer.WriteBytes(announce.Note.Span);
                WriteDomain(writer);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>
    /// Reads a request. False, with the reason, for anything but the one encoding of a request in bounds.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CatalogRequest? request, out DecodeError error)
    {
        request = null;
        var reader = new CborReader(bytes);
        if (bytes.Length <= OmegaLimits.FrameBytes && OmegaCbor.TryBeginCase(ref reader, out var name, out var count)
            && count <= FieldsMax && TryReadCase(ref reader, name, count, out var read) && reader.TryFinish())
            request = read;
        error = OmegaCbor.ErrorOf(ref reader, request is not null);
        return request is not null;
    }

    private static bool TryReadCase(ref CborReader reader, string name, int count, out CatalogRequest? request)
    {
        request = null;
        switch (name, count)
        {
            case ("held", 1):
                if (TryReadDomain(ref reader, out var held))
                    request = new Held(held);
                break;
            case ("dam", 2):
                if (reader.TryReadKey("from"u8) && reader.TryReadSize(out var version)
                    && TryReadDomain(ref reader, out var damOf))
                    request = new Dam(damOf, version);
                break;
            case ("head", 4):
                if (reader.TryReadKey("note"u8)
                    && OmegaCbor.TryReadBlob(ref reader, OmegaLimits.NoteBytes, out var note)
                    && reader.TryReadKey("size"u8) && reader.TryReadSize(out var size)
                    && reader.TryReadKey("epoch"u8) && reader.TryReadSize(out var epoch)
                    && TryReadDomain(ref reader, out var headOf))
                    request = new Head(headOf, epoch, size, note);
                break;
            case ("leaves", 4):
                if (reader.TryReadKey("to"u8) && reader.TryReadSize(out var to)
                    && reader.TryReadKey("from"u8) && reader.TryReadSize(out var from) && from < to
                    && reader.TryReadKey("epoch"u8) && reader.TryReadSize(out var of)
                    && TryReadDomain(ref reader, out var leavesOf))
                    request = new Leaves(leavesOf, of, from, to);
                break;
            case ("nodes", 3):
                if (TryReadItems(ref reader, out var nodes))
                    request = new Nodes(nodes.Domain, nodes.Audience, nodes.Hashes);
                break;
            case ("entries", 3):
                if (TryReadItems(ref reader, out var entries))
                    request = new Entries(entries.Domain, entries.Audience, entries.Hashes);
                break;
            case ("announce", 2):
                if (reader.TryReadKey("note"u8)
                    && OmegaCbor.TryReadBlob(ref reader, OmegaLimits.NoteBytes, out var news)
                    && TryReadDomain(ref reader, out var newsOf))
                    request = new Announce(newsOf, news);
                break;
            default:
                break;
        }
        return request is not null;
    }

    private void Begin(CborWriter writer, string name, int fields)
    {
        OmegaCbor.BeginCase(writer, name, fields);
        WriteDomain(writer);
    }

    private void WriteDomain(CborWriter writer)
    {
        writer.WriteKey("domain");
        writer.WriteBytes(Domain.AsSpan());
    }

    private void WriteItems(CborWriter writer, string name, string audience, IReadOnlyList<Hash256> hashes)
    {
        OmegaCbor.BeginCase(writer, name, 3);
        writer.WriteKey("ids");
        OmegaCbor.WriteHashes(writer, hashes);
        WriteDomain(writer);
        writer.WriteKey("audience");
        writer.WriteText(audience);
    }

    private static bool TryReadDomain(ref CborReader reader, out DomainId domain)
    {
        domain = default;
        if (!reader.TryReadKey("domain"u8) || !reader.TryReadHash(out var hash) || hash.IsDefault)
            return false;
        domain = DomainId.From(hash);
        return true;
    }

    private static bool TryReadItems(
        ref CborReader reader, out (DomainId Domain, string Audience, IReadOnlyList<Hash256> Hashes) items)
    {
        items = default;
        if (!reader.TryReadKey("ids"u8)
            || !OmegaCbor.TryReadHashes(ref reader, OmegaLimits.ItemsPerMessage, out var hashes) || hashes.Count == 0
            || !TryReadDomain(ref reader, out var domain)
            || !reader.TryReadKey("audience"u8)
            || !reader.TryReadText(OmegaLimits.AudienceBytes, out var audience))
            return false;
        items = (domain, audience, hashes);
        return true;
    }
}
