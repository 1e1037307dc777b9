using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Storage;

/// <summary>What can be shown to somebody who has nothing but a file.</summary>
public sealed partial class DomainStore
{
    /// <summary>
    /// Proves by the newest head that an artifact of this domain is published. Looks for its leaf from the newest one
    /// back: O(leaves) reads, then O(log n).
    /// </summary>
    /// <param name="key">Which.</param>
    /// <param name="audience">The publication to prove; null: the widest, <c>public</c> before <c>peers</c> before the
    /// named ones.</param>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>; <c>not-published</c>, also where no head covers
    /// it yet or the leaf's body was erased.</exception>
    public ArtifactProof Prove(ArtifactKey key, string? audience)
    {
        lock (_publicGate)
        {
            var shown = AudienceToProve(key, audience);
            if (History.Head is not { } head || !Published.TryEntry(shown, key, out var entry))
            {
                throw NotPublished(key, shown);
            }

            var wanted = new PublicRecord.Publish(key, shown, Blake3.Hash(entry.Span));
            for (var index = head.Size - 1; index >= 0; index--)
            {
                if (History.TryBody(head.Epoch, index, out var salt, out var body)
                    && PublicRecord.TryDecode(body.Span, out var record, out _) && wanted.Equals(record)
                    && History.TryInclusion(head.Epoch, index, head.Size, out var path)
                    && SignedNote.TryParse(head.Note.Span, out var note, out _))
                {
                    return ArtifactProof.Create(
                        new TlogProof(index, path, note), salt, body, entry,
                        [.. DamChain.Select(dam => (ReadOnlyMemory<byte>)dam)]);
                }
            }

            throw NotPublished(key, shown);
        }
    }

    private string AudienceToProve(ArtifactKey key, string? wanted)
    {
        lock (_core.State)
        {
            if (!_core.Artifacts.TryGet(key, DomainId, out var record))
            {
                throw new StoreRefusedException("unknown-artifact", $"{key} is no artifact of this domain");
            }

            string?[] inOrder = [wanted, .. wanted is null ? (string[])[Audience.Public, Audience.Peers] : []];
            return inOrder.FirstOrDefault(a => a is not null && record!.Published.Contains(a))
                ?? (wanted is null ? record!.Published.FirstOrDefault() : null)
                ?? throw NotPublished(key, wanted);
        }
    }

    private static StoreRefusedException NotPublished(ArtifactKey key, string? audience) => new(
        "not-published", $"{key} is not published" + (audience is null ? "" : $" to {audience}") + " under any head");
}
