using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Hashing;

public sealed class Blake3SubtreeTests
{
    [Theory]
    [InlineData(2048)]
    [InlineData(65_536)]
    [InlineData(524_288)]
    public void PiecesHashedElsewhereGiveTheSameHash(int size)
    {
        for (var count = 1; count <= 5; count++)
        {
            foreach (var rest in new[] { 0, 1, 1024, size - 1 })
            {
                var input = Blake3Vectors.Input(count * size + rest);
                using var hasher = Blake3Hasher.Create();
                for (var i = 0; i < count; i++)
                {
                    hasher.Append(Blake3Subtree.Of(input.AsSpan(i * size, size), (long)i * size));
                }

                hasher.Update(input.AsSpan(count * size));
                Assert.Equal(Blake3.Hash(input), hasher.Finish());
            }
        }
    }

    [Fact]
    public void PieceMayFollowUpdatesThatEndWhereItBegins()
    {
        var input = Blake3Vectors.Input(3 * 4096);
        using var hasher = Blake3Hasher.Create();
        hasher.Update(input.AsSpan(0, 1000));
        hasher.Update(input.AsSpan(1000, 3096));
        hasher.Append(Blake3Subtree.Of(input.AsSpan(4096, 4096), 4096));
        hasher.Update(input.AsSpan(8192));
        Assert.Equal(Blake3.Hash(input), hasher.Finish());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1024, 0)]
    [InlineData(3072, 0)]
    [InlineData(4096, 2048)]
    [InlineData(4096, -4096)]
    public void PieceOfWrongLengthOrPlaceIsRefused(int length, long offset) =>
        Assert.Throws<ArgumentException>(() => Blake3Subtree.Of(new byte[length], offset));

    [Fact]
    public void PieceThatDoesNotContinueTheInputIsRefused()
    {
        var piece = Blake3Subtree.Of(new byte[4096], 4096);
        using var hasher = Blake3Hasher.Create();
        Assert.Throws<ArgumentException>(() => hasher.Append(in piece));
        hasher.Update(new byte[1024]);
        Assert.Throws<ArgumentException>(() => hasher.Append(in piece));
        Assert.Equal(Blake3.Hash(new byte[1024]), hasher.Finish());
        using var keyed = Blake3Hasher.CreateKeyed(Blake3Vectors.Key);
        Assert.Throws<ArgumentException>(() => keyed.Append(Blake3Subtree.Of(new byte[4096], 0)));
    }

    [Fact]
    public void NeighboursOfOneLengthJoin()
    {
        var input = Blake3Vectors.Input(8 * 4096 + 77);
        var pieces = Enumerable.Range(0, 8)
            .Select(i => Blake3Subtree.Of(input.AsSpan(i * 4096, 4096), i * 4096)).ToArray();
        while (pieces.Length > 1)
        {
            pieces = [.. pieces.Chunk(2).Select(p => Blake3Subtree.Join(in p[0], in p[1]))];
        }

        Assert.Equal((0, 8 * 4096), (pieces[0].Offset, pieces[0].Length));
        using var hasher = Blake3Hasher.Create();
        hasher.Append(in pieces[0]);
        hasher.Update(input.AsSpan(8 * 4096));
        Assert.Equal(Blake3.Hash(input), hasher.Finish());
    }

    [Theory]
    [InlineData(0, 4096, 8192, 4096)]
    [InlineData(4096, 4096, 8192, 4096)]
    [InlineData(0, 4096, 4096, 2048)]
    [InlineData(4096, 4096, 0, 4096)]
    public void PiecesThatAreNoNeighboursDoNotJoin(long left, int leftLength, long right, int rightLength)
    {
        var first = Blake3Subtree.Of(new byte[leftLength], left);
        var second = Blake3Subtree.Of(new byte[rightLength], right);
        Assert.Throws<ArgumentException>(() => Blake3Subtree.Join(in first, in second));
        Assert.Throws<ArgumentException>(() => Blake3Subtree.Join(default, in second));
    }
}
