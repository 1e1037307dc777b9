using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Protocol.Tests.Omega;

public sealed class OmegaMessageTests
{
    [Fact]
    public void EveryMessageReadsBackAsItself()
    {
        foreach (var (name, bytes, recode) in OmegaSamples.All())
            Assert.True(bytes.AsSpan().SequenceEqual(recode(bytes)), name);
    }

    [Fact]
    public void EveryTruncationAndEveryTrailingByteIsRefused()
    {
        foreach (var (name, bytes, recode) in OmegaSamples.All())
        {
            for (var length = 0; length < bytes.Length; length++)
                Assert.True(recode(bytes[..length]) is null, $"{name} cut to {length}");
            Assert.True(recode([.. bytes, 0]) is null, $"{name} with a byte more");
        }
    }

    [Fact]
    public void AFlippedBitIsRefusedOrReadAsAnotherMessageInItsOneEncoding()
    {
        var accepted = 0;
        foreach (var (name, bytes, recode) in OmegaSamples.All())
        {
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                var mutant = (byte[])bytes.Clone();
                mutant[bit / 8] ^= (byte)(1 << (bit % 8));
                if (recode(mutant) is not { } again)
                    continue;
                accepted++;
                Assert.True(mutant.AsSpan().SequenceEqual(again), $"{name} bit {bit}");
            }
        }
        Assert.True(accepted > 1000, "flips inside hashes are other messages");
    }

    [Fact]
    public void CasesDifferingInKindNeverReadAsEachOther()
    {
        var encodings = OmegaSamples.CatalogRequests.Select(r => Convert.ToHexString(r.Encode())).ToList();
        Assert.Equal(encodings.Count, encodings.Distinct().Count());
        foreach (var request in OmegaSamples.CatalogRequests)
        {
            Assert.True(CatalogRequest.TryDecode(request.Encode(), out var read, out var error), error.ToString());
            Assert.Equal(request.GetType(), read.GetType());
        }
    }

    [Fact]
    public void RequestOverItsBoundIsRefused()
    {
        var tooMany = Enumerable.Repeat(OmegaSamples.Hash(1), OmegaLimits.ItemsPerMessage + 1).ToList();
        Assert.False(CatalogRequest.TryDecode(
            new CatalogRequest.Entries(OmegaSamples.Domain, "peers", tooMany).Encode(), out _, out _));
        Assert.False(CatalogRequest.TryDecode(
            new CatalogRequest.Announce(OmegaSamples.Domain, new byte[OmegaLimits.NoteBytes + 1]).Encode(),
            out _, out _));
        Assert.False(BlocksRequest.TryDecode(
            new BlocksRequest.Have(TargetKind.Content, tooMany).Encode(), out _, out _));
    }

    [Theory]
    [InlineData(5, 0, 0, 0)]
    [InlineData(0, 5, 5, 5)]
    [InlineData(10, 5, 0, 5)]
    [InlineData(0, 10, 5, 10)]
    [InlineData(long.MaxValue, 5, 0, 0)]
    public void RangesThatAreEmptyTouchOverlapDescendOrOverflowAreRefused(long a, long lengthA, long b, long lengthB)
    {
        List<WireRange> ranges = [new(a, lengthA)];
        if (lengthB > 0)
            ranges.Add(new(b, lengthB));
        var bytes = new BlocksRequest.Get(TargetKind.Content, OmegaSamples.Hash(1), ranges).Encode();
        Assert.False(BlocksRequest.TryDecode(bytes, out _, out _));
    }

    [Fact]
    public void LeavesThatEndBeforeTheyBeginAreRefused()
    {
        var bytes = new CatalogRequest.Leaves(OmegaSamples.Domain, 0, 5, 5).Encode();
        Assert.False(CatalogRequest.TryDecode(bytes, out _, out _));
    }

    [Fact]
    public void HaveAnswerOfAnotherLengthOrWithASpareBitIsRefused()
    {
        var three = new HaveResponse([true, true, true]).Encode();
        Assert.True(HaveResponse.TryDecode(three, 3, out var read, out _));
        Assert.Equal([true, true, true], read.Held!);
        Assert.False(HaveResponse.TryDecode(three, 2, out _, out _));
        Assert.False(HaveResponse.TryDecode(three, 9, out _, out _));
    }

    [Fact]
    public void BulkHeaderReadsFromEverySplitAndTellsItsLength()
    {
        foreach (var header in new[] { BulkHeader.Refusal, new BulkHeader(0), new BulkHeader(long.MaxValue) })
        {
            byte[] bytes = [.. header.Encode(), 1, 2, 3];
            for (var length = 0; length < bytes.Length - 3; length++)
                Assert.Equal(VarintStatus.NeedMore, BulkHeader.TryRead(bytes.AsSpan(0, length), out _, out _));
            Assert.Equal(VarintStatus.Done, BulkHeader.TryRead(bytes, out var read, out var taken));
            Assert.Equal((header, bytes.Length - 3), (read, taken));
        }
    }

    [Fact]
    public void BulkHeaderThatClaimsMoreThanItsBoundIsInvalidAtOnce()
    {
        Assert.Equal(
            VarintStatus.Invalid,
            BulkHeader.TryRead([OmegaLimits.BulkHeaderBytes + 1], out _, out _));
    }
}
