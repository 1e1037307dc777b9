using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Protocol.Tests.Omega;

public sealed class BlocksSinkTests
{
    private const int Group = 16 << 10;

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(Group, 0, Group)]
    [InlineData(Group + 1, 0, Group + 1)]
    [InlineData(5 * Group + 7, 0, 5 * Group + 7)]
    [InlineData(5 * Group + 7, Group - 3, 10)]
    [InlineData(5 * Group + 7, 2 * Group, Group)]
    [InlineData(5 * Group + 7, 5 * Group + 6, 1)]
    public void ExactlyTheRangeAskedIsHandedOnFromAnySplit(int size, int start, int length)
    {
        foreach (var step in new[] { 1, 63, 64, 1000, Group, int.MaxValue })
        {
            var answer = new Answer(size, new WireRange(start, length));
            var collected = new Collector();
            var outcome = answer.Deliver(collected, step);
            Assert.Equal(BlocksStatus.Done, outcome.Status);
            Assert.Equal(answer.Content.AsSpan(start, length).ToArray(), collected.At(start, length));
            Assert.Equal(
                (length, start + length, answer.Wire.Length),
                (outcome.BytesVerified, outcome.VerifiedTo, outcome.BytesWire));
        }
    }

    [Fact]
    public void SeveralRangesAreHandedOnAndNothingBetweenThem()
    {
        WireRange[] ranges = [new(3, 5), new(Group - 1, 2), new(4 * Group, 7)];
        var answer = new Answer(5 * Group, ranges);
        var collected = new Collector();
        Assert.Equal(BlocksStatus.Done, answer.Deliver(collected, 100).Status);
        Assert.Equal(14, collected.Count);
        foreach (var range in ranges)
            Assert.Equal(
                answer.Content.AsSpan((int)range.Start, (int)range.Length).ToArray(),
                collected.At((int)range.Start, (int)range.Length));
    }

    [Fact]
    public void EveryFlippedByteEndsInANamedFailureAndNoWrongByteIsHandedOn()
    {
        var answer = new Answer(3 * Group + 5, new WireRange(0, 3 * Group + 5));
        for (var at = 0; at < answer.Wire.Length; at += at < 400 ? 1 : 977)
        {
            var collected = new Collector();
            var outcome = answer.Deliver(collected, 4096, flipAt: at);
            Assert.True(
                outcome.Status is BlocksStatus.BadHash or BlocksStatus.Malformed or BlocksStatus.Truncated,
                $"byte {at}");
            Assert.True(collected.IsPrefixOf(answer.Content), $"byte {at}");
        }
    }

    [Fact]
    public void EveryCutIsTruncatedOrCutAndKeepsWhatWasProven()
    {
        var answer = new Answer(2 * Group + 5, new WireRange(0, 2 * Group + 5));
        foreach (var length in new[] { 0, 1, 5, 80, 200, Group + 300, answer.Wire.Length - 1 })
        {
            var collected = new Collector();
            Assert.Equal(BlocksStatus.Truncated, answer.Deliver(collected, 512, cutTo: length).Status);
            var outcome = answer.Deliver(new Collector(), 512, cutTo: length, reset: true);
            Assert.Equal((BlocksStatus.Cut, (long)collected.Count), (outcome.Status, outcome.VerifiedTo));
        }
    }

    [Fact]
    public void RefusalWrongSizeAndTrailingBytesHaveTheirNames()
    {
        var answer = new Answer(100, new WireRange(0, 100));
        Assert.Equal(BlocksStatus.Refused, answer.DeliverRaw(BulkHeader.Refusal.Encode()).Status);
        Assert.Equal(BlocksStatus.BadHash, answer.DeliverRaw(new BulkHeader(101).Encode()).Status);
        Assert.Equal(BlocksStatus.Malformed, answer.DeliverRaw([.. answer.Wire, 7]).Status);
        Assert.Equal(BlocksStatus.Malformed, answer.DeliverRaw([0x7f, 1, 2, 3]).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void AnAnswerThatIsCutShortEndsWellWhateverCameBehind(int step)
    {
        var answer = new Answer(5 * Group, new WireRange(0, 5 * Group));
        var collected = new Collector();
        var outcome = answer.Deliver(collected, step, stopAt: 2 * Group);
        Assert.Equal((BlocksStatus.Done, 2 * Group), (outcome.Status, outcome.VerifiedTo));
        Assert.Equal(2 * Group, collected.Count);
    }

    [Fact]
    public void FailingReceiverIsALocalFaultAndNotThePeers()
    {
        var answer = new Answer(100, new WireRange(0, 100));
        Assert.Equal(BlocksStatus.LocalFault, answer.Deliver(new FullDisk(), 100).Status);
    }

    private sealed class Answer
    {
        private readonly Hash256 _root;
        private readonly WireRange[] _ranges;

        public Answer(int size, params WireRange[] ranges)
        {
            Content = Enumerable.Range(0, size).Select(i => (byte)(i * 31 + i / 251)).ToArray();
            _ranges = ranges;
            var builder = new OutboardBuilder();
            builder.Update(Content);
            Assert.True(Outboard.TryCreate(builder.Finish(out _root), out var outboard));
            ByteRange[] asked = [.. ranges.Select(r => new ByteRange(r.Start, r.Length))];
            Assert.True(ByteRanges.TryCreate(asked, out var wanted));
            using var wire = new MemoryStream();
            var encoder = new BaoEncoder(_root, size, outboard!, wanted, new MemoryContent(Content));
            using var source = new BaoSource(new BulkHeader(size).Encode(), encoder);
            var buffer = new byte[1000];
            for (int read; (read = source.Read(buffer)) > 0;)
                wire.Write(buffer, 0, read);
            Wire = wire.ToArray();
        }

        public byte[] Content { get; }

        public byte[] Wire { get; }

        public BlocksOutcome DeliverRaw(byte[] wire) => Push(new Collector(), wire, int.MaxValue, false);

        public BlocksOutcome Deliver(
            IVerifiedSink sink, int step, int flipAt = -1, int cutTo = int.MaxValue, bool reset = false,
            long stopAt = long.MaxValue)
        {
            var wire = Wire[..Math.Min(cutTo, Wire.Length)];
            if (flipAt >= 0)
                wire[flipAt] ^= 0x40;
            return Push(sink, wire, step, reset, stopAt);
        }

        private BlocksOutcome Push(
            IVerifiedSink sink, byte[] wire, int step, bool reset, long stopAt = long.MaxValue)
        {
            var bulk = new BlocksSink(_root, Content.Length, _ranges, sink);
            bulk.StopAt(stopAt);
            for (var at = 0; at < wire.Length;)
            {
                var take = Math.Min(step, wire.Length - at);
                if (bulk.Push(wire.AsSpan(at, take)) == BulkStep.Failed)
                    break;
                at += take;
            }
            bulk.End(reset);
            return (BlocksOutcome)bulk.Outcome;
        }
    }

    private sealed class MemoryContent(byte[] bytes) : IContentReader
    {
        public void ReadAt(long offset, Span<byte> destination) =>
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    private sealed class Collector : IVerifiedSink
    {
        private readonly SortedDictionary<long, byte> _bytes = [];

        public int Count => _bytes.Count;

        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
        {
            foreach (var b in verified)
                _bytes.Add(offset++, b);
        }

        public byte[] At(int start, int length) => [.. Enumerable.Range(start, length).Select(i => _bytes[i])];

        public bool IsPrefixOf(byte[] content) =>
            _bytes.All(b => content[b.Key] == b.Value) && (_bytes.Count == 0 || _bytes.Keys.Last() == _bytes.Count - 1);
    }

    private sealed class FullDisk : IVerifiedSink
    {
        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv) => throw new IOException("no space");
    }
}
