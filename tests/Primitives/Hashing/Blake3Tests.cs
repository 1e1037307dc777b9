using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Hashing;

public sealed class Blake3Tests
{
    public static TheoryData<int> VectorIndices => [.. Enumerable.Range(0, Blake3Vectors.All.Count)];

    [Theory]
    [MemberData(nameof(VectorIndices))]
    public void OfficialVectorsAgreeInAllModesWithExtendedOutput(int index)
    {
        var vector = Blake3Vectors.All[index];
        var output = new byte[vector.Hash.Length];
        Blake3.Hash(vector.Input, output);
        Assert.Equal(vector.Hash, output);
        Assert.Equal(vector.Hash[..32], Blake3.Hash(vector.Input).ToArray());
        Blake3.KeyedHash(Blake3Vectors.Key, vector.Input, output);
        Assert.Equal(vector.Keyed, output);
        Blake3.DeriveKey(Blake3Vectors.Context, vector.Input, output);
        Assert.Equal(vector.Derived, output);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void KeyOfWrongLengthIsRefused(int length) =>
        Assert.Throws<ArgumentException>(() => Blake3.KeyedHash(new byte[length], [], new byte[32]));

    [Fact]
    public void UnalignedInputHashesLikeAlignedInput()
    {
        var input = Blake3Vectors.Input(40_000);
        var shifted = new byte[input.Length + 64];
        var expected = Blake3.Hash(input);
        for (var shift = 1; shift < 64; shift += 7)
        {
            input.CopyTo(shifted, shift);
            Assert.Equal(expected, Blake3.Hash(shifted.AsSpan(shift, input.Length)));
        }
    }

    [Fact]
    public void HashingAllocatesNothing()
    {
        var input = Blake3Vectors.Input(300_000);
        Blake3.Hash(input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Blake3.Hash(input);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
