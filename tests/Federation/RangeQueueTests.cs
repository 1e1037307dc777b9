using Omega.P2P.Federation.Fetching;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Tests;

public sealed class RangeQueueTests
{
    private const long Group = RangeQueue.GroupBytes;

    /// <summary>Measured speeds are no multiples of a group: what is taken must still be one request of the wire.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(Group - 1)]
    [InlineData(Group)]
    [InlineData(Group + 1)]
    [InlineData(4_999_999)]
    [InlineData(5_000_000)]
    public void WhatIsTakenIsARequestThatAHolderTakes(long bytesMax)
    {
        var queue = new RangeQueue([new WireRange(5, 9_000_000), new WireRange(10_000_000, 123_457)]);
        long bytes = 0;
        while (queue.Take(bytesMax, OmegaLimits.Ranges, long.MaxValue) is { } piece)
        {
            Assert.InRange(piece.Bytes, 1, bytesMax + Group);
            var request = new BlocksRequest.Get(TargetKind.Content, Blake3.Hash([1]), piece.Ranges);
            var isTaken = BlocksRequest.TryDecode(request.Encode(), out _, out _);
            Assert.True(isTaken, $"{string.Join(", ", piece.Ranges)} is no request");
            bytes += piece.Bytes;
        }
        Assert.Equal(9_000_000 + 123_457, bytes);
    }

    [Fact]
    public void NothingBeyondTheOffsetIsTaken()
    {
        var queue = new RangeQueue([new WireRange(0, 10 * Group), new WireRange(20 * Group, Group)]);
        Assert.Equal([new WireRange(0, 3 * Group)], queue.Take(5 * Group, OmegaLimits.Ranges, 3 * Group)!.Ranges);
        Assert.Null(queue.Take(5 * Group, OmegaLimits.Ranges, 3 * Group));
        Assert.Equal(3 * Group, queue.First);
    }

    [Fact]
    public void RangesThatCameBackJoinWhatTheyTouch()
    {
        var queue = new RangeQueue([new WireRange(0, Group), new WireRange(2 * Group, Group)]);
        queue.Add([new WireRange(Group, Group)]);
        var all = queue.Take(long.MaxValue, OmegaLimits.Ranges, long.MaxValue);
        Assert.Equal([new WireRange(0, 3 * Group)], all!.Ranges);
        Assert.True(queue.IsEmpty);
    }
}
