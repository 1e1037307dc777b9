using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Ipfs;

public sealed class CarTests
{
    [Fact]
    public void PublishedFileReadsAndWritesBackByteForByte()
    {
        var file = CarFixture.Bytes;
        Assert.True(CarDecoder.TryDecode(file, out var header, out var blocks, out var error), error.ToString());
        Assert.Equal([CarFixture.Root1, CarFixture.Root2], header.Roots.Select(root => root.ToString()));
        Assert.Equal(8, blocks.Count);
        Assert.Equal("bafkreidbxzk2ryxwwtqxem4l3xyyjvw35yu4tcct4cqeqxwo47zhxgxqwq", blocks[0].Cid.ToString());
        Assert.Equal("aaaa"u8.ToArray(), blocks[0].Data.ToArray());
        Assert.Equal(3, blocks.Count(block => block.Cid.Version == 0));
        var written = new MemoryStream();
        var writer = new CarWriter(piece => written.Write(piece.Span));
        writer.Begin(header);
        foreach (var block in blocks)
            writer.Add(block.Cid, block.Data);
        Assert.Equal(file, written.ToArray());
    }

    [Fact]
    public void EverySplitGivesTheSameBlocks()
    {
        var file = CarFixture.Bytes;
        for (var split = 0; split <= file.Length; split++)
        {
            var decoder = new CarDecoder();
            var count = Push(decoder, file.AsSpan(0, split)) + Push(decoder, file.AsSpan(split));
            Assert.Equal((8, CarError.None), (count, decoder.Finish()));
        }
    }

    [Fact]
    public void EveryTruncationIsToldUnlessItEndsBetweenSections()
    {
        var file = CarFixture.Bytes;
        var whole = 0;
        for (var length = 0; length < file.Length; length++)
        {
            if (CarDecoder.TryDecode(file.AsSpan(0, length), out _, out _, out var error))
                whole++;
            else
                Assert.Equal(CarError.Truncated, error);
        }

        Assert.Equal(8, whole); // after the header and after each section but the last
    }

    [Theory]
    [InlineData("length zero", "00", CarError.BadLength)]
    [InlineData("length past its bound", "ffffff7f", CarError.BadLength)]
    [InlineData("length not minimal", "8000", CarError.BadLength)]
    [InlineData("header of no map", "0101", CarError.BadHeader)]
    [InlineData("version 2", "11a265726f6f7473806776657273696f6e02", CarError.BadHeader)]
    [InlineData("a third key", "14a36162016572 6f6f7473806776657273696f6e01", CarError.BadHeader)]
    [InlineData("nothing", "", CarError.Truncated)]
    [InlineData("section of no CID", "11a265726f6f7473806776657273696f6e01" + "020505", CarError.BadCid)]
    [InlineData("section of length zero", "11a265726f6f7473806776657273696f6e01" + "00", CarError.BadLength)]
    public void OneDefectGivesItsReason(string label, string hex, CarError expected)
    {
        var file = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.False(CarDecoder.TryDecode(file, out var header, out var blocks, out var error), label);
        Assert.Equal((expected, null, 0), (error, header, blocks.Count));
    }

    [Fact]
    public void FileWithoutRootsAndBlocksIsWhole() =>
        Assert.True(CarDecoder.TryDecode(
            Convert.FromHexString("11a265726f6f7473806776657273696f6e01"), out var header, out _, out _)
            && header.Roots.Count == 0);

    [Fact]
    public void OneWrongByteInABlockIsFound()
    {
        var file = CarFixture.Bytes;
        file[^1] ^= 1;
        Assert.False(CarDecoder.TryDecode(file, out _, out _, out var error));
        Assert.Equal(CarError.WrongHash, error);
    }

    [Fact]
    public void FailedDecoderStaysFailed()
    {
        var decoder = new CarDecoder();
        Assert.False(decoder.TryPush([0], out _, out _));
        Assert.False(decoder.TryPush(CarFixture.Bytes, out var consumed, out _));
        Assert.Equal((0, CarError.BadLength), (consumed, decoder.Finish()));
    }

    [Fact]
    public void MutatedFilesNeverThrow()
    {
        var good = CarFixture.Bytes;
        var refused = 0;
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = good[..(1 + chance.Below(good.Length))];
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            refused += CarDecoder.TryDecode(bytes, out _, out _, out _) ? 0 : 1;
        }

        Assert.InRange(refused, 1000, 2000);
    }

    [Theory]
    [InlineData(Cid.HashSha256)]
    [InlineData(Cid.HashBlake3)]
    public void BlockIsHeldAgainstBothHashes(ulong hash)
    {
        var cid = CidHash.Of(Cid.CodecRaw, hash, "abc"u8);
        Assert.True(CidHash.Matches(cid, "abc"u8));
        Assert.False(CidHash.Matches(cid, "abd"u8));
        var cut = Cid.Create(Cid.CodecRaw, hash, cid.Digest[..16]);
        Assert.False(CidHash.IsSupported(cut) || CidHash.Matches(cut, "abc"u8));
    }

    private static int Push(CarDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        while (!bytes.IsEmpty)
        {
            Assert.True(decoder.TryPush(bytes, out var consumed, out var block));
            bytes = bytes[consumed..];
            count += block is null ? 0 : 1;
        }

        return count;
    }
}
