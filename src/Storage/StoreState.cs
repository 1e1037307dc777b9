using System.Diagnostics;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>
/// The domain's own facts, as replay of the log leaves them: name, authority manifests, what is published. Guarded by the
/// state lock once the store is open.
/// </summary>
internal sealed class StoreState(StoreCore core)
{
    private readonly List<byte[]> _dams = [];
    private readonly HashSet<long> _keptInline = [];

    public string DomainName { get; private set; } = "";

    public DomainId DomainId { get; private set; }

    /// <summary>Signed manifests, genesis first.</summary>
    public IReadOnlyList<byte[]> Dams => _dams;

    /// <summary>The id a signed genesis manifest gives its domain: the hash of its payload.</summary>
    public static DomainId DomainOf(ReadOnlySpan<byte> signedDam) =>
        CoseSign1.TryDecode(signedDam, out var message, out var error)
            ? DomainId.From(Primitives.Hashing.Blake3.Hash(message.Payload))
            : throw new StoreRefusedException("dam-malformed", $"the manifest cannot be read: {error}");

    public void AddDam(long record, string name, byte[] signedDam)
    {
        _keptInline.Add(record);
        if (_dams.Count == 0)
        {
            DomainId = DomainOf(signedDam);
        }

        DomainName = name;
        _dams.Add(signedDam);
    }

    /// <summary>Whether a record's inline bytes live in the log for good: the manifests.</summary>
    public bool IsKeptInline(long record) => _keptInline.Contains(record);

    public void Publish(LogRecord.Publish publish)
    {
        if (!core.Artifacts.TryGetAny(publish.Key, DomainId, out var record))
        {
            return;
        }

        if (publish.IsWithdrawn)
        {
            record!.Published.Remove(publish.Audience);
        }
        else
        {
            record!.Published.Add(publish.Audience);
        }
    }

    /// <summary>Takes a record that is not about artifacts' bytes.</summary>
    public void Replay(long number, LogRecord record, ReadOnlySpan<byte> inline)
    {
        switch (record)
        {
            case LogRecord.Dam dam:
                AddDam(number, dam.Name, inline.ToArray());
                break;
            case LogRecord.Publish publish:
                Publish(publish);
                break;
            case LogRecord.Snapshot or LogRecord.Epoch:
                break;
            default:
                throw new UnreachableException();
        }
    }

    public ArtifactRecord RecordOf(SignedArtifact entry, LogRecord.Add add) => new()
    {
        Key = entry.Key,
        Content = entry.Descriptor.Content,
        Size = entry.Descriptor.Size,
        Type = entry.Descriptor.Type,
        Brane = entry.Attestations.MinBy(pair => pair.Attestation.TimeUnixMs)!.Attestation.Brane,
        Domain = add.Source ?? DomainId,
        CreatedMs = add.AtMs,
        Audience = add.Audience,
        Tenant = add.Tenant,
        Entry = add.Entry,
    };
}
