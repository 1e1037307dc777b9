using Omega.P2P.Federation;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Storage;

namespace Omega.P2P.Engine.Ipfs;

/// <summary>Answers about blocks for strangers. Blocks are read while they are sent, by whoever pumps the stream.
/// </summary>
internal sealed class BitswapDesk(DomainStore store)
{
    private readonly PublicBlocks _blocks = new(store);

    public IReadOnlyList<bool> Has(IReadOnlyList<Hash256> hashes) =>
        [.. hashes.Select(hash => _blocks.TryFind(hash, out _))];

    public StoreAnswer Serve(StoreQuery.ServePublicBlocks serve, ICollection<MeshEffect> effects)
    {
        var reads = new Dictionary<Cid, Func<byte[]?>>();
        foreach (var answer in serve.Answers.Where(answer => answer.Kind == BitswapAnswerKind.Block))
        {
            if (_blocks.TryFind(Hash256.From(answer.Cid.Digest), out var read))
                reads[answer.Cid] = read;
        }

        var source = new BitswapSource(serve.Answers, cid => reads.TryGetValue(cid, out var read) ? read() : null);
        effects.Add(new NetworkEffect.SendBulk(serve.Stream, source));
        return new StoreAnswer.Done();
    }
}
