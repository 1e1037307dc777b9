using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Published;

/// <summary>Everything live, each key once: of several domains' the own, else the lowest domain's.</summary>
internal sealed class LiveArtifacts(IndexStore tables, ArtifactIndex artifacts) : ITreeSource
{
    public List<PrefixTreeEntry> From(ArtifactKey from, int countMax)
    {
        var entries = new List<PrefixTreeEntry>(Math.Min(countMax, 32));
        using var scan = tables.ScanFrom(IndexTable.Artifacts, from.AsSpan(), []);
        while (scan.MoveNext())
        {
            var key = ArtifactKey.From(Hash256.From(scan.Key[..Hash256.Size]));
            if (entries.Count > 0 && entries[^1].Key == key)
            {
                continue;
            }

            if (entries.Count == countMax)
            {
                break;
            }

            // The table holds what is live, and only three of a row's fields are asked for: no record is made of it.
            entries.Add(new PrefixTreeEntry(
                key,
                CurrentDigest.ValueOf(
                    ArtifactRow.EntryHashOf(scan.Value), artifacts.DomainOf(scan.Key),
                    ArtifactRow.AudienceOf(scan.Value))));
        }

        return entries;
    }
}
