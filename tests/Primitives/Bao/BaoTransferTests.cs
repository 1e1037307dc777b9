using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Bao;

public sealed class BaoTransferTests
{
    public static TheoryData<int> Sizes =>
        [0, 1, 1023, 1024, 1025, 16_383, 16_384, 16_385, 32_768, 49_153, 262_144, 278_529, 3_000_001];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void RootIsTheHashAndAWholeTransferRoundTrips(int size)
    {
        var sample = BaoSample.Random(size);
        var all = ByteRanges.All(size);
        Assert.Equal(Blake3.Hash(sample.Content), sample.Root);
        Assert.Equal(Outboard.Length(size), sample.OutboardBytes.Length);
        var encoding = sample.Encode(all);
        Assert.Equal(size + Outboard.Length(size) - 8, encoding.Length);
        var sink = new ParentList();
        Assert.Equal(BaoError.None, sample.Decode(encoding, all, out var delivered, sink: sink));
        Assert.Equal(all.Ranges, delivered.Ranges);
        Assert.Equal(sample.OutboardBytes[8..], sink.Bytes());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void EmptyRangesCarryTheLastGroupWhichProvesTheSize(int size)
    {
        var sample = BaoSample.Random(size);
        var decoder = new BaoDecoder(sample.Root, size, ByteRanges.None);
        var rest = sample.Encode(ByteRanges.None).AsSpan();
        Assert.False(decoder.IsSizeVerified);
        Assert.Equal(BaoStatus.Leaf, decoder.Push(rest, out var consumed, out var leaf));
        Assert.Equal(size, leaf.Offset + leaf.Data.Length);
        Assert.True(decoder.IsSizeVerified);
        Assert.Equal(BaoStatus.Done, decoder.Push(rest[consumed..], out _, out _));
    }

    [Fact]
    public void EverySplitOfAnEncodingDecodes()
    {
        var sample = BaoSample.Random(5 * 1024 + 7, groupLog: 0);
        var all = ByteRanges.All(sample.Content.Length);
        var encoding = sample.Encode(all);
        for (var step = 1; step <= encoding.Length; step++)
        {
            Assert.Equal(BaoError.None, sample.Decode(encoding, all, out var delivered, step));
            Assert.Equal(all.Ranges, delivered.Ranges);
        }
    }

    [Fact]
    public void EncoderGivesTheSameBytesForEveryBufferSize()
    {
        var sample = BaoSample.Random(40_000);
        var expected = sample.Encode(ByteRanges.All(40_000));
        foreach (var step in new[] { 1, 63, 64, 65, 1000, 16_383, 16_384, 16_385, 40_000 })
        {
            Assert.Equal(expected, sample.Encode(ByteRanges.All(40_000), step));
        }
    }

    [Fact]
    public void EveryFlippedByteIsRejectedBeforeAWrongByteIsDelivered()
    {
        var sample = BaoSample.Random(6 * 1024 + 100, groupLog: 1);
        var all = ByteRanges.All(sample.Content.Length);
        var encoding = sample.Encode(all);
        for (var at = 0; at < encoding.Length; at++)
        {
            encoding[at] ^= (byte)(1 << (at % 8));
            var error = sample.Decode(encoding, all, out var delivered, step: 1 + at % 3000);
            Assert.True(error is BaoError.WrongGroup or BaoError.WrongParent);
            Assert.NotEqual(all.Ranges, delivered.Ranges);
            encoding[at] ^= (byte)(1 << (at % 8));
        }
    }

    [Fact]
    public void EveryTruncationIsFound()
    {
        var sample = BaoSample.Random(5000, groupLog: 0);
        var all = ByteRanges.All(5000);
        var encoding = sample.Encode(all);
        for (var length = 0; length < encoding.Length; length++)
        {
            Assert.Equal(BaoError.Truncated, sample.Decode(encoding[..length], all, out _));
        }
    }

    [Fact]
    public void TrailingBytesAreRejected()
    {
        var sample = BaoSample.Random(20_000);
        var all = ByteRanges.All(20_000);
        Assert.Equal(BaoError.TrailingBytes, sample.Decode([.. sample.Encode(all), 0], all, out var delivered));
        Assert.Equal(all.Ranges, delivered.Ranges);
        var empty = BaoSample.Random(0);
        Assert.Equal(BaoError.TrailingBytes, empty.Decode([0], ByteRanges.None, out _));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(16_384, 16_383)]
    [InlineData(16_384, 16_385)]
    [InlineData(16_385, 16_384)]
    [InlineData(65_536, 65_535)]
    [InlineData(65_536, 131_072)]
    [InlineData(65_536, 49_152)]
    [InlineData(65_536, 32_768)]
    [InlineData(100_000, 100_001)]
    [InlineData(100_000, 1_000_000)]
    [InlineData(100_000, long.MaxValue)]
    [InlineData(100_000, -1)]
    public void WrongSizeNeverEndsWellForAWholeTransfer(int size, long claimed)
    {
        var sample = BaoSample.Random(size);
        var all = ByteRanges.All(Math.Max(0, claimed));
        var error = sample.Decode(sample.Encode(ByteRanges.All(size)), all, out _, size: claimed);
        Assert.NotEqual(BaoError.None, error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void RandomRangesRoundTripAndCarryOnlyTheirGroups(int groupLog)
    {
        var random = new Random(groupLog);
        for (var run = 0; run < 60; run++)
        {
            var size = random.Next(1, 1 << random.Next(8, 21));
            var sample = BaoSample.Random(size, groupLog, run);
            var ranges = BaoSample.Ranges([.. Enumerable.Range(0, random.Next(1, 6)).Select(
                _ => ((long)random.Next(size + 100), (long)random.Next(size)))]);
            var encoding = sample.Encode(ranges, step: random.Next(1, 100_000));
            var step = random.Next(1, 70_000);
            Assert.Equal(BaoError.None, sample.Decode(encoding, ranges, out var delivered, step));
            Assert.Equal(ranges.Groups(size, groupLog).Ranges, delivered.Ranges);
        }
    }

    [Fact]
    public void DecodingAndEncodingAllocateNothingPerItem()
    {
        var sample = BaoSample.Random(1 << 20);
        var buffer = new byte[2 << 20];
        AllocatedByTransfer(sample, buffer);
        // What is allocated per item shows in every run. A collection that another test causes in the middle of one
        // counts the rest of this thread's allocation buffer, up to 8 KiB, as allocated: hence the least of several.
        Assert.Equal(0, Enumerable.Range(0, 5).Min(_ => AllocatedByTransfer(sample, buffer)));
    }

    private static long AllocatedByTransfer(BaoSample sample, byte[] buffer)
    {
        var all = ByteRanges.All(sample.Content.Length);
        var encoder = new BaoEncoder(sample.Root, sample.Content.Length, sample.Parents, all, sample);
        var decoder = new BaoDecoder(sample.Root, sample.Content.Length, all);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var rest = buffer.AsSpan(0, encoder.Read(buffer));
        while (decoder.Push(rest, out var consumed, out _) == BaoStatus.Leaf) rest = rest[consumed..];
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(decoder.IsDone);
        return allocated;
    }

    private sealed class ParentList : IOutboardSink
    {
        private readonly SortedDictionary<long, byte[]> _parents = [];

        public void WriteParent(long node, ReadOnlySpan<byte> parent) => _parents.Add(node, parent.ToArray());

        public byte[] Bytes()
        {
            Assert.Equal(Enumerable.Range(0, _parents.Count).Select(i => (long)i), _parents.Keys);
            return [.. _parents.Values.SelectMany(p => p)];
        }
    }
}
