using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Health;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Where an artifact's bytes lie, why they stay, and what would free them.</summary>
public sealed partial class DomainStore
{
    /// <summary>Everything that is known about the keeping of an artifact, live or removed.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>.</exception>
    /// <exception cref="StoreDamagedException">Its chunk list cannot be read.</exception>
    public KeepReport Explain(ArtifactKey key, Instant now)
    {
        ArtifactRecord record;
        lock (_core.State)
        {
            record = _core.Artifacts.OfKey(key) is [var first, ..] all
                ? all.FirstOrDefault(known => known.IsLive) ?? first
                : throw new StoreRefusedException("unknown-artifact", $"{key} is not known here");
        }

        lock (_core.Maintenance)
        {
            CatchUp();
        }

        var info = InfoOf(record);
        var locations = LocationsOf(record, IsCold(info, now));
        lock (_core.State)
        {
            var uses = _state.Uses;
            return new KeepReport
            {
                Artifact = info,
                Locations = locations,
                Pins = [.. _state.Keeping.PinsOf(key)],
                Holds = [.. _state.Keeping.HoldsOf(key)],
                References = uses.UsersOf(key.Hash, UseKind.Reference).LongCount(),
                Packages = uses.UsersOf(record.Content.Hash, UseKind.Package).LongCount(),
                SharedBy = [.. _core.Artifacts.OfContent(record.Content)
                    .Where(other => other.Key != key && uses.Keeps(other)).Select(other => other.Key).Distinct()],
                Rule = _state.Keeping.RuleFor(record.Brane, record.Type),
                DeadSince = uses.DeadSince(record.Content.Hash, isList: false)
                    ?? uses.DeadSince(record.Content.Hash, isList: true),
                IsKept = uses.Keeps(record.Content),
                GraceLeftMs = GraceLeft(new(), now),
            };
        }
    }

    /// <summary>Blocks and log records with bytes of the artifact, each once. Reads its chunk list.</summary>
    private List<BytesLocation> LocationsOf(ArtifactRecord record, bool isCold)
    {
        using var objects = new ObjectReader(_core);
        var places = new Dictionary<BlockState, long>();
        long inLog = 0;
        foreach (var chunk in ChunksOf(record.Content, record.Size, objects))
        {
            lock (_core.State)
            {
                if (_core.Pending.TryFind(chunk.Id, BlockCodec.Raw, [], out var pending))
                {
                    inLog += pending!.Bytes.Length;
                    continue;
                }

                var all = _core.Chunks.PlacesOf(chunk.Id, BlockCodec.Raw).ToList();
                foreach (var place in all.Exists(one => one.Block.IsHere) ? all.FindAll(one => one.Block.IsHere) : all)
                {
                    places[place.Block] = places.GetValueOrDefault(place.Block) + place.Length;
                }
            }
        }

        var hot = isCold ? StorageTier.Warm : StorageTier.Hot;
        List<BytesLocation> found = inLog > 0 ? [new(null, inLog, hot, RestoreStatus.Here)] : [];
        found.AddRange(places.OrderBy(place => place.Key.Id).Select(place => place.Key.IsHere
            ? new BytesLocation(place.Key.Id, place.Value, hot, RestoreStatus.Here)
            : new BytesLocation(place.Key.Id, place.Value, StorageTier.Cold, RestoreStatus.NeedsHolder)));
        return found;
    }
}
