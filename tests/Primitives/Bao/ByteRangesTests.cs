using Omega.P2P.Primitives.Bao;

namespace Omega.P2P.Primitives.Tests.Bao;

public sealed class ByteRangesTests
{
    [Fact]
    public void OverlappingAdjacentAndEmptyRangesAreJoined()
    {
        var ranges = BaoSample.Ranges((50, 10), (0, 10), (10, 5), (5, 2), (30, 0), (55, 20));
        Assert.Equal([new ByteRange(0, 15), new ByteRange(50, 25)], ranges.Ranges);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1, -1)]
    [InlineData(1, long.MaxValue)]
    public void ImpossibleRangesAreRefused(long start, long length) =>
        Assert.False(ByteRanges.TryCreate([new ByteRange(start, length)], out _));

    [Fact]
    public void MoreThanTheBoundIsRefused()
    {
        Assert.True(ByteRanges.TryCreate(new ByteRange[ByteRanges.CountMax], out _));
        Assert.False(ByteRanges.TryCreate(new ByteRange[ByteRanges.CountMax + 1], out _));
    }

    [Fact]
    public void GroupsAreWholeAndClippedToTheContent()
    {
        var ranges = BaoSample.Ranges((16_383, 2), (70_000, 1_000_000));
        Assert.Equal([new ByteRange(0, 32_768), new ByteRange(65_536, 14_464)], ranges.Groups(80_000).Ranges);
        Assert.Equal([new ByteRange(65_536, 14_464)], BaoSample.Ranges((80_000, 5)).Groups(80_000).Ranges);
        Assert.Empty(ByteRanges.None.Groups(0).Ranges);
    }

    [Fact]
    public void TouchesAgreesWithLookingAtEveryByte()
    {
        var ranges = BaoSample.Ranges((3, 4), (9, 1), (20, 5));
        for (var start = 0; start < 30; start++)
        {
            for (var end = start + 1; end < 30; end++)
            {
                var expected = ranges.Ranges.Any(r => r.Start < end && start < r.End);
                Assert.Equal(expected, ranges.Touches(start, end));
            }
        }
    }
}
