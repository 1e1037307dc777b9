using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Protocol.Tests.Omega;

public sealed class ManySinkTests
{
    private const int Group = 16 << 10;

    private readonly List<Part> _parts =
        [.. new[] { 1, 1000, Group, Group + 1, 3 * Group + 5, 20 }.Select(size => new Part(size))];

    [Fact]
    public void EveryContentArrivesWholeFromAnySplit()
    {
        var wire = _parts.SelectMany(part => part.Wire).ToArray();
        foreach (var step in new[] { 1, 7, 64, 1000, Group, int.MaxValue })
        {
            var outcome = Deliver(wire, step);
            Assert.Equal((BlocksStatus.Done, wire.Length), (outcome.Status, outcome.BytesWire));
            Assert.All(outcome.Items, status => Assert.Equal(BlocksStatus.Done, status));
            Assert.All(_parts, part => Assert.Equal(part.Content, part.Got));
            Assert.Equal(_parts.Sum(part => part.Content.Length), outcome.BytesVerified);
        }
    }

    [Fact]
    public void RefusalsEndTheirContentAlone()
    {
        byte[] refusal = BulkHeader.Refusal.Encode();
        var wire = _parts.SelectMany((part, i) => i % 2 == 0 ? refusal : part.Wire).ToArray();
        foreach (var step in new[] { 1, 1000, int.MaxValue })
        {
            var outcome = Deliver(wire, step);
            Assert.Equal(BlocksStatus.Done, outcome.Status);
            for (var i = 0; i < _parts.Count; i++)
            {
                Assert.Equal(i % 2 == 0 ? BlocksStatus.Refused : BlocksStatus.Done, outcome.Items[i]);
                Assert.Equal(i % 2 == 0 ? [] : _parts[i].Content, _parts[i].Got);
            }
        }
    }

    [Fact]
    public void AFlippedByteEndsTheAnswerAndKeepsWhatWasBefore()
    {
        var wire = _parts.SelectMany(part => part.Wire).ToArray();
        for (var at = 0; at < wire.Length; at += at < 1500 ? 1 : 977)
        {
            var bad = (byte[])wire.Clone();
            bad[at] ^= 0x40;
            var outcome = Deliver(bad, 4096);
            Assert.True(outcome.Status is BlocksStatus.BadHash or BlocksStatus.Malformed or BlocksStatus.Truncated,
                $"byte {at}: {outcome.Status}");
            var whole = outcome.Items.TakeWhile(status => status == BlocksStatus.Done).Count();
            Assert.All(_parts.Take(whole), part => Assert.Equal(part.Content, part.Got));
            Assert.All(_parts, part => Assert.Equal(part.Content[..part.Got.Length], part.Got));
            Assert.DoesNotContain(BlocksStatus.Done, outcome.Items.Skip(whole));
        }
    }

    [Fact]
    public void CutsAndTrailingBytesHaveTheirNames()
    {
        var wire = _parts.SelectMany(part => part.Wire).ToArray();
        Assert.Equal(BlocksStatus.Truncated, Deliver(wire[..^1], 100).Status);
        Assert.Equal(BlocksStatus.Cut, Deliver(wire[..^1], 100, reset: true).Status);
        Assert.Equal(BlocksStatus.Truncated, Deliver([], 100).Status);
        Assert.Equal(BlocksStatus.Malformed, Deliver([.. wire, 1], int.MaxValue).Status);
        Assert.Equal(BlocksStatus.Malformed, Deliver([.. wire, 1], wire.Length).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void AFullDiskEndsTheAnswerAsOurOwnFault(int step)
    {
        _parts[1].IsFull = true;
        var outcome = Deliver([.. _parts.SelectMany(part => part.Wire)], step);
        Assert.Equal((BlocksStatus.LocalFault, 1L), (outcome.Status, outcome.BytesVerified));
        Assert.Equal([BlocksStatus.Done, BlocksStatus.LocalFault], outcome.Items.OfType<BlocksStatus>());
        Assert.Empty(_parts[2].Got);
    }

    [Fact]
    public void PartOfASmallContentGoesOnAlone()
    {
        var (part, range) = (_parts[1], new WireRange(100, 50));
        part.Offset = 100;
        var sink = new ManySink([new ManyItem(part.Root, part.Content.Length, [range], part)]);
        Assert.Equal(BulkStep.Done, sink.Push(part.Wire));
        Assert.Equal(part.Content[100..150], part.Got);
        Assert.Equal(50, ((ManyOutcome)sink.Outcome).BytesVerified);
    }

    [Fact]
    public void RequestsOverTheirBoundsAreRefused()
    {
        BlocksRequest.Get[] gets = [.. Enumerable.Repeat(Get(1), OmegaLimits.Gets)];
        Assert.True(BlocksRequest.TryDecode(new BlocksRequest.Many(gets).Encode(), out _, out _));
        Assert.False(BlocksRequest.TryDecode(new BlocksRequest.Many([.. gets, Get(1)]).Encode(), out _, out _));
        Assert.False(BlocksRequest.TryDecode(new BlocksRequest.Many([]).Encode(), out _, out _));
        BlocksRequest.Get[] full =
            [.. Enumerable.Repeat(Get(OmegaLimits.Ranges), OmegaLimits.RangesOfMany / OmegaLimits.Ranges)];
        Assert.True(BlocksRequest.TryDecode(new BlocksRequest.Many(full).Encode(), out _, out _));
        Assert.False(BlocksRequest.TryDecode(new BlocksRequest.Many([.. full, Get(1)]).Encode(), out _, out _));

        static BlocksRequest.Get Get(int ranges) => new(
            TargetKind.Content, OmegaSamples.Hash(1),
            [.. Enumerable.Range(0, ranges).Select(i => new WireRange(2 * i, 1))]);
    }

    private ManyOutcome Deliver(byte[] wire, int step, bool reset = false)
    {
        _parts.ForEach(part => part.Clear());
        var sink = new ManySink(
            [.. _parts.Select(p => new ManyItem(p.Root, p.Content.Length, [new WireRange(0, p.Content.Length)], p))]);
        for (var at = 0; at < wire.Length;)
        {
            var take = Math.Min(step, wire.Length - at);
            if (sink.Push(wire.AsSpan(at, take)) == BulkStep.Failed)
                break;
            at += take;
        }
        sink.End(reset);
        return (ManyOutcome)sink.Outcome;
    }

    private sealed class Part : IVerifiedSink, IContentReader
    {
        private readonly List<byte> _got = [];

        public Part(int size)
        {
            Content = Enumerable.Range(0, size).Select(i => (byte)(i * 31 + i / 251 + size)).ToArray();
            var builder = new OutboardBuilder();
            builder.Update(Content);
            Assert.True(Outboard.TryCreate(builder.Finish(out var root), out var outboard));
            Root = root;
            using var wire = new MemoryStream();
            using var source = new BaoSource(
                new BulkHeader(size).Encode(), new BaoEncoder(Root, size, outboard!, ByteRanges.All(size), this));
            var buffer = new byte[1000];
            for (int read; (read = source.Read(buffer)) > 0;)
                wire.Write(buffer, 0, read);
            Wire = wire.ToArray();
        }

        public byte[] Content { get; }

        public Hash256 Root { get; }

        public byte[] Wire { get; }

        public bool IsFull { get; set; }

        /// <summary>Where what is asked of it begins.</summary>
        public int Offset { get; set; }

        public byte[] Got => [.. _got];

        public void Clear() => _got.Clear();

        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
        {
            if (IsFull)
                throw new IOException("no room");
            Assert.Equal(Offset + _got.Count, offset);
            _got.AddRange(verified);
        }

        public void ReadAt(long offset, Span<byte> destination) =>
            Content.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
