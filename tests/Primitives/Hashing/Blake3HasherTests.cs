using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Hashing;

public sealed class Blake3HasherTests
{
    public static TheoryData<int> VectorIndices => [.. Enumerable.Range(0, Blake3Vectors.All.Count)];

    [Theory]
    [MemberData(nameof(VectorIndices))]
    public void OfficialVectorsAgreeInAllModes(int index)
    {
        var vector = Blake3Vectors.All[index];
        using var plain = Blake3Hasher.Create();
        using var keyed = Blake3Hasher.CreateKeyed(Blake3Vectors.Key);
        using var derived = Blake3Hasher.CreateDeriveKey(Blake3Vectors.Context);
        Assert.Equal(vector.Hash, Output(plain, vector));
        Assert.Equal(vector.Keyed, Output(keyed, vector));
        Assert.Equal(vector.Derived, Output(derived, vector));
    }

    [Theory]
    [InlineData(130)]
    [InlineData(1025)]
    [InlineData(3073)]
    public void EverySplitIntoTwoUpdatesGivesTheSameHash(int length)
    {
        var input = Blake3Vectors.Input(length);
        var expected = Blake3.Hash(input);
        using var hasher = Blake3Hasher.Create();
        for (var split = 0; split <= length; split++)
        {
            hasher.Reset();
            hasher.Update(input.AsSpan(0, split));
            hasher.Update(input.AsSpan(split));
            Assert.Equal(expected, hasher.Finish());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomSplitsGiveTheSameHash(int seed)
    {
        var random = new Random(seed);
        var input = new byte[3_000_000 + random.Next(5000)];
        random.NextBytes(input);
        var expected = Blake3.Hash(input);
        using var hasher = Blake3Hasher.Create();
        for (var run = 0; run < 10; run++)
        {
            hasher.Reset();
            var rest = input.AsSpan();
            while (!rest.IsEmpty)
            {
                var take = Math.Min(rest.Length, random.Next(1 << random.Next(1, 21)));
                hasher.Update(rest[..take]);
                rest = rest[take..];
            }

            Assert.Equal(expected, hasher.Finish());
        }
    }

    [Fact]
    public void FinishInTheMiddleDoesNotDisturbWhatFollows()
    {
        var input = Blake3Vectors.Input(100_000);
        using var hasher = Blake3Hasher.Create();
        for (var length = 0; length < input.Length; length += 777)
        {
            Assert.Equal(Blake3.Hash(input.AsSpan(0, length)), hasher.Finish());
            hasher.Update(input.AsSpan(length, Math.Min(777, input.Length - length)));
        }
    }

    [Fact]
    public void ExtendedOutputCanBeReadFromEveryOffset()
    {
        var vector = Blake3Vectors.All.Single(v => v.Length == 2049);
        using var hasher = Blake3Hasher.Create();
        hasher.Update(vector.Input);
        for (var offset = 0; offset < vector.Hash.Length; offset++)
        {
            var tail = new byte[vector.Hash.Length - offset];
            hasher.Finish(tail, (ulong)offset);
            Assert.Equal(vector.Hash[offset..], tail);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(5_000_003)]
    public void ParallelUpdatesGiveTheSameHashFromEveryStart(int length)
    {
        var input = Blake3Vectors.Input(length);
        var expected = Blake3.Hash(input);
        using var hasher = Blake3Hasher.Create();
        foreach (var start in new[] { 0, 1, 1024, 1025, 131_072, 262_144, 299_000 }.Where(s => s <= length))
        {
            hasher.Reset();
            hasher.Update(input.AsSpan(0, start));
            hasher.Update(input.AsMemory(start), BackwardScheduler.Instance);
            Assert.Equal(expected, hasher.Finish());
        }
    }

    private static byte[] Output(Blake3Hasher hasher, Blake3Vector vector)
    {
        var output = new byte[vector.Hash.Length];
        hasher.Update(vector.Input);
        hasher.Finish(output);
        return output;
    }

    /// <summary>Claims eight threads and runs the pieces last to first: results may not depend on order.</summary>
    private sealed class BackwardScheduler : IParallelScheduler
    {
        public static BackwardScheduler Instance { get; } = new();

        public int Degree => 8;

        public void Run(int count, Action<int> body)
        {
            for (var i = count - 1; i >= 0; i--) body(i);
        }
    }
}
