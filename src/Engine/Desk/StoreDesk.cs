using System.Diagnostics;
using Omega.P2P.Engine.Ipfs;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Storage;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Engine.Desk;

/// <summary>
/// Where Federation's questions meet the store, which does not know Federation. Every question gets exactly one answer;
/// failures of the environment become answers too.
/// </summary>
internal sealed class StoreDesk(DomainStore store) : IDisposable
{
    private readonly OwnHistory _history = new(store);
    private readonly Transfers _transfers = new(store);
    private readonly BitswapDesk _public = new(store);

    /// <summary>Answers one question; effects it causes are appended before the answer is handed in.</summary>
    public StoreAnswer Answer(StoreQuery query, Instant now, ICollection<MeshEffect> effects)
    {
        try
        {
            return Ask(query, now, effects);
        }
        catch (StoreReadOnlyException failure)
        {
            return new StoreAnswer.Failed(StoreFault.ReadOnly, failure.Message);
        }
        catch (NotHereException failure)
        {
            return new StoreAnswer.Failed(StoreFault.NotHere, failure.Message);
        }
        catch (StoreRefusedException failure)
        {
            var fault = failure.Code switch
            {
                "wrong-content" => StoreFault.WrongBytes,
                "unknown-artifact" => StoreFault.NotFound,
                _ => StoreFault.Other,
            };
            return new StoreAnswer.Failed(fault, failure.Message);
        }
        catch (DiskFullException failure)
        {
            return new StoreAnswer.Failed(StoreFault.NoRoom, failure.Message);
        }
        catch (IOException failure)
        {
            return new StoreAnswer.Failed(StoreFault.Other, failure.Message);
        }
    }

    public void Dispose() => _transfers.Dispose();

    private StoreAnswer Ask(StoreQuery query, Instant now, ICollection<MeshEffect> effects) => query switch
    {
        StoreQuery.OwnHead head => _history.Head(head),
        StoreQuery.OwnEpoch => _history.Epoch(),
        StoreQuery.OwnRoot root => _history.Root(root),
        StoreQuery.OwnLeaves leaves => _history.Leaves(leaves),
        StoreQuery.OwnNodes nodes => _history.Nodes(nodes),
        StoreQuery.OwnEntries entries => _history.Entries(entries),
        StoreQuery.Contents contents => new StoreAnswer.Contents(StatusOf(contents.Targets)),
        StoreQuery.ServeContent serve => Serve(serve, effects),
        StoreQuery.ServeMany serve => Serve(serve, effects),
        StoreQuery.PublicBlocks wanted => new StoreAnswer.PublicBlocks(_public.Has(wanted.Hashes)),
        StoreQuery.ServePublicBlocks serve => _public.Serve(serve, effects),
        StoreQuery.BeginImport import => _transfers.BeginImport(import),
        StoreQuery.BeginRebuild rebuild => _transfers.BeginRebuild(rebuild),
        StoreQuery.CompleteTransfer complete => _transfers.Complete(complete.Transfer, now),
        StoreQuery.AbortTransfer abort => _transfers.Abort(abort.Transfer),
        _ => throw new UnreachableException(),
    };

    private StoreAnswer Serve(StoreQuery.ServeContent serve, ICollection<MeshEffect> effects)
    {
        effects.Add(new NetworkEffect.SendBulk(serve.Stream, Open(serve.What)));
        return new StoreAnswer.Done();
    }

    private StoreAnswer Serve(StoreQuery.ServeMany serve, ICollection<MeshEffect> effects)
    {
        effects.Add(new NetworkEffect.SendBulk(serve.Stream, new ManySource(store, serve.Items, Open)));
        return new StoreAnswer.Done();
    }

    private BaoSource Open(ManyServing what)
    {
        if (!ByteRanges.TryCreate([.. what.Ranges.Select(r => new ByteRange(r.Start, r.Length))], out var ranges))
            throw new StoreRefusedException("ranges", "too many ranges");
        var root = what.Target.Hash;
        var header = new BulkHeader(what.Size).Encode();
        if (what.Target.Kind == TargetKind.Block)
        {
            var block = store.OpenBlock(BlockId.From(root));
            return new BaoSource(header, new BaoEncoder(root, block.Size, block.Outboard, ranges, block), block);
        }

        var content = store.OpenContent(ContentId.From(root));
        return new BaoSource(
            header, new BaoEncoder(root, content.Size, content.Outboard, ranges, content.Unchecked), content);
    }

    private List<ContentStatus> StatusOf(IReadOnlyList<ContentTarget> targets)
    {
        var wanted = targets.ToLookup(t => t.Kind, t => t.Hash);
        var blocks = new Queue<ContentStatus>(
            store.FindBlocks([.. wanted[TargetKind.Block].Select(BlockId.From)]).Select(StatusOf));
        var contents = new Queue<ContentStatus>(
            StatusOf(store.FindContents([.. wanted[TargetKind.Content].Select(ContentId.From)])));
        return [.. targets.Select(t => (t.Kind == TargetKind.Block ? blocks : contents).Dequeue())];
    }

    private ContentStatus StatusOf(BlockInfo? block) => block is null
        ? ContentStatus.Unknown
        : new ContentStatus(
            block.Length, block.IsHere,
            [.. block.Users.Select(users => users.SelectMany(PublicationsOf).Distinct().ToList())]);

    /// <summary>Of contents; neighbours that have the same users share one answer to who may read.</summary>
    private IEnumerable<ContentStatus> StatusOf(IReadOnlyList<ContentInfo?> contents)
    {
        IReadOnlyList<ContentUser>? users = null;
        IReadOnlyList<IReadOnlyList<Publication>> readers = [];
        foreach (var content in contents)
        {
            if (content is null)
            {
                yield return ContentStatus.Unknown;
                continue;
            }

            if (!ReferenceEquals(content.Users, users))
            {
                users = content.Users;
                readers =
                [
                    users.SelectMany(user => PublicationsOf(user.Domain, user.Audience, user.Published)).Distinct()
                        .ToList(),
                ];
            }

            yield return new ContentStatus(content.Size, content.IsHere, readers);
        }
    }

    private IEnumerable<Publication> PublicationsOf(ArtifactInfo artifact) =>
        PublicationsOf(artifact.Domain, artifact.Audience, artifact.Published);

    /// <summary>Own artifacts are for their audiences; fetched ones for those whom their domain shows them.</summary>
    private IEnumerable<Publication> PublicationsOf(
        DomainId domain, string audience, IReadOnlyList<string> published) =>
        domain == store.DomainId
            ? published.Select(reader => new Publication(store.DomainId, reader))
            : [new Publication(domain, audience)];
}
