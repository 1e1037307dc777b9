using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Tests.Artifacts;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.Domains;

public sealed class EpochRecordTests
{
    private static readonly EpochHead Head = new(2, 117, Blake3.Hash("root"u8));

    [Fact]
    public void EncodingIsTheCommittedOne() => GoldenFile.AssertSame("epoch-record", Record().Bytes.Span);

    [Fact]
    public void FieldsComeBackAndTheSignatureHolds()
    {
        Assert.True(EpochRecord.TryDecode(Record().Bytes.Span, out var read, out _));
        Assert.Equal(Samples.Domain, read.Domain);
        Assert.Equal(3, read.Epoch);
        Assert.Equal(Head, read.Previous);
        Assert.Equal(Samples.Time, read.TimeUnixMs);
        Assert.Equal(DamSamples.Public(1), read.Key);
        Assert.True(read.IsSignatureValid());
    }

    [Fact]
    public void EpochIsAboveTheOneItGoesOnFrom()
    {
        using var key = TestKeys.Key(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => EpochRecord.Create(key, Samples.Domain, 2, Head, 0));
        Assert.Equal(9, EpochRecord.Create(key, Samples.Domain, 9, Head, 0).Epoch);
        var bytes = Record().Bytes.ToArray();
        var at = bytes.AsSpan().IndexOf("epoch"u8) + 5;
        Assert.Equal(3, bytes[at]);
        bytes[at] = 2;
        Assert.False(EpochRecord.TryDecode(bytes, out _, out var error));
        Assert.Equal("epoch-order", error.Code);
    }

    [Fact]
    public void EveryCutAndEveryFlippedBitLosesTheSignature()
    {
        var bytes = Record().Bytes.ToArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.False(EpochRecord.TryDecode(bytes.AsSpan(0, i), out _, out _));
            var flipped = bytes.ToArray();
            flipped[i] ^= (byte)(1 << (i % 8));
            if (EpochRecord.TryDecode(flipped, out var other, out _))
                Assert.False(other.IsSignatureValid());
        }
        Assert.False(EpochRecord.TryDecode(new byte[EpochRecord.SizeBytesMax + 1], out _, out var error));
        Assert.Equal("epoch-size", error.Code);
    }

    private static EpochRecord Record()
    {
        using var key = TestKeys.Key(1);
        return EpochRecord.Create(key, Samples.Domain, 3, Head, Samples.Time);
    }
}
