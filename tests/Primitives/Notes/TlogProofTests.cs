using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Utf = System.Text.Encoding;

namespace Omega.P2P.Primitives.Tests.Notes;

public sealed class TlogProofTests
{
    private static readonly Hash256[] Leaves =
        [.. Enumerable.Range(0, 11).Select(i => Rfc6962.LeafHash([(byte)i]))];

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(10)]
    public void ProofProvesItsLeafAndNoOther(int index)
    {
        var file = Written(index, "extra"u8.ToArray()).Encode();
        Assert.True(TlogProof.TryParse(file, out var proof, out var error), error.ToString());
        Assert.True(proof.VerifyInclusion(Leaves[index], out var checkpoint));
        Assert.Equal(11, checkpoint.Size);
        Assert.False(proof.VerifyInclusion(Leaves[(index + 1) % 11], out _));
        Assert.Equal("extra"u8, proof.Extra.Span);
        Assert.Equal(file, proof.Encode());
    }

    [Fact]
    public void LayoutIsTheOneOfTheSpecification()
    {
        var lines = Utf.UTF8.GetString(Written(3, "x"u8.ToArray()).Encode()).Split('\n');
        Assert.Equal("c2sp.org/tlog-proof@v1", lines[0]);
        Assert.Equal("extra eA==", lines[1]);
        Assert.Equal("index 3", lines[2]);
        Assert.Equal(Convert.ToBase64String(Leaves[2].AsSpan()), lines[3]);
        Assert.Equal("", lines[7]);
        Assert.Equal("example.com/log", lines[8]);
        Assert.Equal("11", lines[9]);
    }

    [Fact]
    public void LogOfOneLeafNeedsNoHashes()
    {
        using var key = TestKeys.Key(5);
        var proof = new TlogProof(0, [], Head(1, key));
        Assert.True(TlogProof.TryParse(proof.Encode(), out var read, out _));
        Assert.True(read.VerifyInclusion(Leaves[0], out _));
        Assert.True(read.Extra.IsEmpty);
    }

    [Theory]
    [InlineData("other version", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\n", "tlog-proof-header")]
    [InlineData("empty extra", "extra eA==\n", "extra \n", "tlog-proof-extra")]
    [InlineData("extra out of form", "extra eA==\n", "extra eA=\n", "tlog-proof-extra")]
    [InlineData("extra twice", "extra eA==\n", "extra eA==\nextra eA==\n", "tlog-proof-index")]
    [InlineData("no index", "index 3\n", "", "tlog-proof-index")]
    [InlineData("leading zero", "index 3\n", "index 03\n", "tlog-proof-index")]
    [InlineData("negative index", "index 3\n", "index -3\n", "tlog-proof-index")]
    [InlineData("no hash", "index 3\n", "index 3\nAAAA\n", "tlog-proof-hash")]
    [InlineData("other checkpoint", "\n11\n", "\n011\n", "checkpoint-size")]
    public void FileOutOfFormIsRefused(string label, string part, string replacement, string code)
    {
        var file = Utf.UTF8.GetString(Written(3, "x"u8.ToArray()).Encode());
        Assert.Contains(part, file, StringComparison.Ordinal);
        var bad = Utf.UTF8.GetBytes(file.Replace(part, replacement, StringComparison.Ordinal));
        Assert.False(TlogProof.TryParse(bad, out _, out var error), label);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void MoreThan64HashesAreRefused()
    {
        var file = Utf.UTF8.GetString(Written(3, default).Encode());
        var hash = Convert.ToBase64String(new byte[32]) + "\n";
        for (var count = 60; count < 70; count++)
        {
            var many = file.Replace("index 3\n", "index 3\n" + string.Concat(Enumerable.Repeat(hash, count)));
            Assert.Equal(count + 4 <= 64, TlogProof.TryParse(Utf.UTF8.GetBytes(many), out _, out _));
        }
    }

    [Fact]
    public void EveryCutIsRefused()
    {
        var file = Written(3, "x"u8.ToArray()).Encode();
        for (var length = 0; length < file.Length; length++)
            Assert.False(TlogProof.TryParse(file.AsSpan(0, length), out _, out _));
    }

    private static TlogProof Written(int index, ReadOnlyMemory<byte> extra)
    {
        using var key = TestKeys.Key(5);
        var nodes = new NodeHashes();
        var tree = new LogTree();
        foreach (var leaf in Leaves)
            tree.Append(leaf, nodes);
        return new TlogProof(index, Proofs.Inclusion(nodes, index, Leaves.Length), Head(Leaves.Length, key), extra);
    }

    private static SignedNote Head(int size, Ed25519PrivateKey key)
    {
        var tree = new LogTree();
        foreach (var leaf in Leaves.AsSpan(0, size))
            tree.Append(leaf);
        var text = new Checkpoint("example.com/log", size, tree.Root).ToText();
        return SignedNote.Create(text, [new NoteSigner("example.com/log", key).Sign(text)]);
    }
}
