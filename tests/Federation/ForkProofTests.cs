using Omega.P2P.Federation.Following;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Federation.Tests;

public sealed class ForkProofTests
{
    [Fact]
    public void ProofFromAnotherHistoryConvictsAndNoOtherProofDoes()
    {
        var (honest, _) = Tree(40, 0);
        var (forked, _) = Tree(40, 3);
        var convicted = 0;
        for (var n = 2; n <= 40; n++)
        {
            for (var m = 1; m < n; m++)
            {
                var held = Proofs.RootAt(honest, m);
                var shown = Proofs.RootAt(forked, n);
                var proof = Proofs.Consistency(forked, m, n);
                var isOtherRoot = held != Proofs.RootAt(forked, m);
                var isPower = (m & (m - 1)) == 0;
                var verdict = ForkProof.Convicts(m, n, held, shown, proof);
                Assert.Equal(isOtherRoot && !isPower, verdict);
                convicted += verdict ? 1 : 0;
                var garbage = proof.Select(h => Blake3.Hash(h.AsSpan())).ToArray();
                Assert.False(ForkProof.Convicts(m, n, held, shown, garbage), $"{m} {n}");
                var honestProof = Proofs.Consistency(honest, m, n);
                Assert.False(ForkProof.Convicts(m, n, held, Proofs.RootAt(honest, n), honestProof));
            }
        }
        Assert.True(convicted > 500);
    }

    // Histories differ in leaf 3 when the salt is not zero.
    private static (NodeHashes, LogTree) Tree(int size, byte salt)
    {
        var nodes = new NodeHashes();
        var log = new LogTree();
        for (byte i = 0; i < size; i++)
            log.Append(Blake3.Hash([i, i == 3 ? salt : (byte)0]), nodes);
        return (nodes, log);
    }
}
