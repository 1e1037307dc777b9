using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class ProofsTests
{
    private const int SizeMax = 130;
    private static readonly Hash256[] Leaves =
        [.. Enumerable.Range(0, SizeMax).Select(i => Rfc6962.LeafHash(BitConverter.GetBytes(i)))];

    private static readonly NaiveTree Naive = new(Leaves);

    private static readonly Hash256[] Roots = [.. Enumerable.Range(0, SizeMax + 1).Select(n => Naive.Root(n))];

    private static readonly NodeHashes Nodes = Filled();

    [Fact]
    public void InclusionProofsAreTheRfcsAndVerify()
    {
        for (var n = 1; n <= SizeMax; n++)
        {
            for (var m = 0; m < n; m++)
            {
                var proof = Proofs.Inclusion(Nodes, m, n);
                Assert.Equal(Naive.Path(m, n), proof);
                Assert.True(Proofs.VerifyInclusion(Leaves[m], m, n, proof, Roots[n]));
            }
        }
    }

    [Fact]
    public void ConsistencyProofsAreTheRfcsAndVerify()
    {
        for (var n = 1; n <= SizeMax; n++)
        {
            for (var m = 1; m <= n; m++)
            {
                var proof = Proofs.Consistency(Nodes, m, n);
                Assert.Equal(Naive.Proof(m, n), proof);
                Assert.True(Proofs.VerifyConsistency(m, n, Roots[m], Roots[n], proof));
            }
        }
    }

    [Fact]
    public void RootAtEachSizeIsTheRfcs()
    {
        for (var n = 0; n <= SizeMax; n++)
            Assert.Equal(Roots[n], Proofs.RootAt(Nodes, n));
    }

    [Fact]
    public void InclusionProofOfOtherLeafIndexOrSizeIsRefused()
    {
        for (var n = 2; n <= 24; n++)
        {
            for (var m = 0; m < n; m++)
            {
                var proof = Proofs.Inclusion(Nodes, m, n);
                Assert.False(Proofs.VerifyInclusion(Leaves[(m + 1) % n], m, n, proof, Roots[n]));
                for (var other = 0; other < n; other++)
                    Assert.Equal(other == m, Proofs.VerifyInclusion(Leaves[m], other, n, proof, Roots[n]));
                Assert.False(Proofs.VerifyInclusion(Leaves[m], m, n, proof, Roots[n - 1]));
            }
        }
    }

    [Fact]
    public void EveryChangedHashShortProofOrSurplusHashIsRefused()
    {
        for (var n = 1; n <= 40; n++)
        {
            for (var m = 1; m < n; m++)
            {
                foreach (var bad in Mutations(Proofs.Inclusion(Nodes, m, n)))
                    Assert.False(Proofs.VerifyInclusion(Leaves[m], m, n, bad, Roots[n]));
                foreach (var bad in Mutations(Proofs.Consistency(Nodes, m, n)))
                    Assert.False(Proofs.VerifyConsistency(m, n, Roots[m], Roots[n], bad));
            }
        }
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(5, 5)]
    [InlineData(6, 5)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MinValue)]
    public void IndexOutsideTheTreeIsRefused(long index, long size)
    {
        Assert.False(Proofs.VerifyInclusion(Leaves[0], index, size, [], Leaves[0]));
        Assert.False(Proofs.VerifyInclusion(Leaves[0], index, size, new Hash256[3], Leaves[0]));
    }

    [Theory]
    [InlineData(-1, 3)]
    [InlineData(4, 3)]
    [InlineData(long.MinValue, long.MaxValue)]
    public void SizesOutOfOrderAreRefused(long m, long n) =>
        Assert.False(Proofs.VerifyConsistency(m, n, Roots[1], Roots[3], Proofs.Consistency(Nodes, 1, 3)));

    [Fact]
    public void LargestSizesNeitherThrowNorPass()
    {
        var proof = new Hash256[Proofs.HashCountMax];
        for (var length = 0; length <= proof.Length; length++)
        {
            var part = proof.AsSpan(0, length);
            Assert.False(Proofs.VerifyInclusion(Leaves[0], long.MaxValue - 1, long.MaxValue, part, Roots[1]));
            Assert.False(Proofs.VerifyConsistency(long.MaxValue - 1, long.MaxValue, Roots[1], Roots[2], part));
        }
    }

    [Fact]
    public void ProofLongerThanTheBoundIsRefusedUnread() =>
        Assert.False(Proofs.VerifyInclusion(
            Leaves[0], 0, 1, new Hash256[Proofs.HashCountMax + 1], Leaves[0]));

    [Fact]
    public void EveryTreeExtendsTheEmptyOneAndOnlyTheEmptyRootIsItsRoot()
    {
        Assert.Empty(Proofs.Consistency(Nodes, 0, 7));
        Assert.True(Proofs.VerifyConsistency(0, 7, Rfc6962.EmptyRoot, Roots[7], []));
        Assert.True(Proofs.VerifyConsistency(0, 0, Rfc6962.EmptyRoot, Rfc6962.EmptyRoot, []));
        Assert.False(Proofs.VerifyConsistency(0, 7, Roots[1], Roots[7], []));
        Assert.False(Proofs.VerifyConsistency(0, 0, Roots[1], Roots[1], []));
        Assert.False(Proofs.VerifyConsistency(0, 7, Rfc6962.EmptyRoot, Roots[7], Roots.AsSpan(1, 1)));
    }

    [Fact]
    public void SameSizeWithOtherRootIsRefused()
    {
        Assert.True(Proofs.VerifyConsistency(7, 7, Roots[7], Roots[7], []));
        Assert.False(Proofs.VerifyConsistency(7, 7, Roots[7], Roots[8], []));
        Assert.False(Proofs.VerifyConsistency(7, 7, Roots[7], Roots[7], Roots.AsSpan(1, 1)));
    }

    [Fact]
    public void ProofOfAForkNamesTheRootThatWasNotAnnounced()
    {
        var forked = Leaves.ToArray();
        forked[2] = Rfc6962.LeafHash("another history"u8);
        var fork = new NaiveTree(forked);
        var announced = Roots[6];
        var truth = fork.Root(6);
        var later = fork.Root(11);
        var proof = fork.Proof(6, 11).ToArray();
        Assert.False(Proofs.VerifyConsistency(6, 11, announced, later, proof));
        Assert.True(Proofs.VerifyConsistency(6, 11, truth, later, proof));
        Assert.NotEqual(announced, truth);
    }

    [Fact]
    public void AskingForAProofThatCannotBeIsOurBug()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Proofs.Inclusion(Nodes, 5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Proofs.Inclusion(Nodes, -1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Proofs.Consistency(Nodes, 6, 5));
    }

    private static IEnumerable<Hash256[]> Mutations(Hash256[] proof)
    {
        for (var i = 0; i < proof.Length; i++)
        {
            var changed = proof.ToArray();
            changed[i] = Roots[3] == changed[i] ? Roots[5] : Roots[3];
            yield return changed;
            yield return [.. proof[..i], .. proof[(i + 1)..]];
        }
        for (var i = 0; i <= proof.Length; i++)
            yield return [.. proof[..i], Leaves[0], .. proof[i..]];
        yield return [.. proof, .. proof, Roots[1]];
    }

    private static NodeHashes Filled()
    {
        var nodes = new NodeHashes();
        var tree = new LogTree();
        foreach (var leaf in Leaves)
            tree.Append(leaf, nodes);
        return nodes;
    }
}
