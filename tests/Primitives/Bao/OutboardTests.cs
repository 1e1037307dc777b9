using System.Buffers.Binary;
using Omega.P2P.Primitives.Bao;

namespace Omega.P2P.Primitives.Tests.Bao;

public sealed class OutboardTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    public void EverySplitOfTheInputBuildsTheSameOutboard(int groupLog)
    {
        var random = new Random(groupLog);
        foreach (var size in new[] { 0, 1, 1024, 16_384, 16_385, 300_000, 1_500_000 })
        {
            var sample = BaoSample.Random(size, groupLog);
            var builder = new OutboardBuilder(groupLog);
            for (var run = 0; run < 8; run++)
            {
                var rest = sample.Content.AsSpan();
                while (!rest.IsEmpty)
                {
                    var take = Math.Min(rest.Length, random.Next(1, 1 << random.Next(8, 21)));
                    builder.Update(rest[..take]);
                    rest = rest[take..];
                }

                Assert.Equal(size, builder.Size);
                Assert.Equal(sample.OutboardBytes, builder.Finish(out var root));
                Assert.Equal(sample.Root, root);
            }
        }
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(16_384, 8)]
    [InlineData(16_385, 72)]
    [InlineData(1 << 30, 8 + 65_535 * 64)]
    public void LengthIsTheHeaderAndOneParentLessThanGroups(long size, int length) =>
        Assert.Equal(length, Outboard.Length(size));

    [Fact]
    public void BytesOfAnotherLengthThanTheSizeAsksForAreRefused()
    {
        var bytes = BaoSample.Random(100_000).OutboardBytes;
        Assert.True(Outboard.TryCreate(bytes, out _));
        Assert.False(Outboard.TryCreate(bytes.AsMemory(0, bytes.Length - 1), out _));
        Assert.False(Outboard.TryCreate(bytes.AsMemory(0, bytes.Length - 64), out _));
        Assert.False(Outboard.TryCreate((byte[])[.. bytes, .. new byte[64]], out _));
        Assert.False(Outboard.TryCreate(bytes.AsMemory(0, 7), out _));
        BinaryPrimitives.WriteInt64LittleEndian(bytes, long.MaxValue);
        Assert.False(Outboard.TryCreate(bytes, out _));
        BinaryPrimitives.WriteInt64LittleEndian(bytes, -1);
        Assert.False(Outboard.TryCreate(bytes, out _));
    }
}
