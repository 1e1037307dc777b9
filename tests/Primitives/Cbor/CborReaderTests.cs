using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Cbor;

public sealed class CborReaderTests
{
    // RFC 8949 appendix A: those of its examples that the profile has.
    [Theory]
    [InlineData("00")]
    [InlineData("17")]
    [InlineData("1818")]
    [InlineData("190100")]
    [InlineData("1903e8")]
    [InlineData("1a000f4240")]
    [InlineData("1b000000e8d4a51000")]
    [InlineData("1bffffffffffffffff")]
    [InlineData("20")]
    [InlineData("3903e7")]
    [InlineData("3b7fffffffffffffff")]
    [InlineData("fb3ff199999999999a")]
    [InlineData("fbc010666666666666")]
    [InlineData("f4")]
    [InlineData("f5")]
    [InlineData("f6")]
    [InlineData("40")]
    [InlineData("4401020304")]
    [InlineData("60")]
    [InlineData("6449455446")]
    [InlineData("62c3bc")]
    [InlineData("64f0908591")]
    [InlineData("80")]
    [InlineData("8301820203820405")]
    [InlineData("a0")]
    [InlineData("a26161016162820203")]
    [InlineData("826161a161626163")]
    [InlineData("a56161614161626142616361436164614461656145")]
    public void ExamplesOfTheProfileAreAccepted(string hex)
    {
        Assert.True(DagCbor.IsCanonical(Bytes(hex), 100, out DecodeError error), error.ToString());
        Assert.True(error.IsNone);
    }

    [Theory]
    [InlineData("nothing", "", CborCode.Truncated)]
    [InlineData("two items", "0000", CborCode.Trailing)]
    [InlineData("zero in two bytes", "1800", CborCode.NotShortest)]
    [InlineData("23 in two bytes", "1817", CborCode.NotShortest)]
    [InlineData("255 in three bytes", "1900ff", CborCode.NotShortest)]
    [InlineData("65535 in five bytes", "1a0000ffff", CborCode.NotShortest)]
    [InlineData("2^32 - 1 in nine bytes", "1b00000000ffffffff", CborCode.NotShortest)]
    [InlineData("length of bytes not shortest", "580100", CborCode.NotShortest)]
    [InlineData("reserved 28", "1c", CborCode.Reserved)]
    [InlineData("reserved 30 in a map", "be", CborCode.Reserved)]
    [InlineData("indefinite bytes", "5f41004101ff", CborCode.Indefinite)]
    [InlineData("indefinite text", "7f6161ff", CborCode.Indefinite)]
    [InlineData("indefinite array", "9fff", CborCode.Indefinite)]
    [InlineData("indefinite map", "bfff", CborCode.Indefinite)]
    [InlineData("break alone", "ff", CborCode.Indefinite)]
    [InlineData("-2^64", "3bffffffffffffffff", CborCode.Range)]
    [InlineData("undefined", "f7", CborCode.Simple)]
    [InlineData("simple 16", "f0", CborCode.Simple)]
    [InlineData("simple 255", "f8ff", CborCode.Simple)]
    [InlineData("16-bit float", "f93c00", CborCode.Float)]
    [InlineData("32-bit float", "fa47c35000", CborCode.Float)]
    [InlineData("NaN", "fb7ff8000000000000", CborCode.Float)]
    [InlineData("infinity", "fb7ff0000000000000", CborCode.Float)]
    [InlineData("minus infinity", "fbfff0000000000000", CborCode.Float)]
    [InlineData("text not UTF-8", "61ff", CborCode.Utf8)]
    [InlineData("surrogate in UTF-8", "63eda080", CborCode.Utf8)]
    [InlineData("overlong UTF-8", "62c080", CborCode.Utf8)]
    [InlineData("key not UTF-8", "a161ff00", CborCode.Utf8)]
    [InlineData("number as key", "a10100", CborCode.KeyKind)]
    [InlineData("bytes as key", "a1416100", CborCode.KeyKind)]
    [InlineData("keys not sorted", "a2616200616100", CborCode.KeyOrder)]
    [InlineData("longer key first", "a262616100616200", CborCode.KeyOrder)]
    [InlineData("key twice", "a2616100616100", CborCode.KeyTwice)]
    [InlineData("tag 1", "c11a514b67b0", CborCode.Tag)]
    [InlineData("tag 42 around text", "d82a6161", CborCode.Tag)]
    [InlineData("tag 42 around nothing", "d82a40", CborCode.Tag)]
    [InlineData("tag 42 without the zero byte", "d82a4401550000", CborCode.Tag)]
    [InlineData("tag 42 around no CID", "d82a420001", CborCode.Tag)]
    [InlineData("map without its last item", "a16161", CborCode.Truncated)]
    [InlineData("bytes longer than the input", "5affffffff00", CborCode.Truncated)]
    [InlineData("array longer than the input", "9affffffff00", CborCode.Truncated)]
    [InlineData("map longer than the input", "bbffffffffffffffff00", CborCode.Truncated)]
    public void EverythingElseIsRefusedWithItsReason(string label, string hex, string code)
    {
        Assert.False(DagCbor.IsCanonical(Bytes(hex), 100, out DecodeError error), label);
        Assert.Equal(code, error.Code);
        Assert.False(CborValue.TryDecode(Bytes(hex), 100, out _, out error), label);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void DepthIsLimited()
    {
        foreach ((byte open, byte[] inner) in ((byte, byte[])[])[(0x81, [0x00]), (0x81, [0x80]), (0x81, [0xa0])])
        {
            int containers = DagCbor.DepthMax - (inner[0] == 0 ? 0 : 1);
            byte[] deepest = [.. Enumerable.Repeat(open, containers), .. inner];
            Assert.True(DagCbor.IsCanonical(deepest, 100, out _));
            Assert.False(DagCbor.IsCanonical([open, .. deepest], 100, out DecodeError error));
            Assert.Equal(CborCode.Depth, error.Code);
        }

        byte[] bomb = [.. Enumerable.Repeat((byte)0x81, 1_000_000)];
        Assert.False(DagCbor.IsCanonical(bomb, bomb.Length, out _));
        Assert.False(CborValue.TryDecode(bomb, bomb.Length, out _, out _));
    }

    // Nine bytes may claim 2^60 entries; what is allocated must follow the bytes that are there.
    [Theory]
    [InlineData("9b1000000000000000")]
    [InlineData("bb1000000000000000")]
    [InlineData("5b1000000000000000")]
    [InlineData("7b1000000000000000")]
    [InlineData("9a7fffffff")]
    public void ClaimedLengthIsNotAllocated(string hex)
    {
        byte[] bytes = Bytes(hex);
        CborValue.TryDecode(bytes, 100, out _, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(CborValue.TryDecode(bytes, 100, out _, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_096);
    }

    [Fact]
    public void SkippingAllocatesNothing()
    {
        byte[] bytes = RandomValues.Next(new SeededBytes(71)).Encode();
        DagCbor.IsCanonical(bytes, bytes.Length, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool canonical = DagCbor.IsCanonical(bytes, bytes.Length, out _);
        long after = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(canonical);
        Assert.Equal(before, after);
    }

    [Fact]
    public void DocumentOfKnownShapeIsReadFieldByField()
    {
        Hash256 hash = Hash256.From(new SeededBytes(72).Bytes(32));
        CborWriter writer = new();
        writer.WriteMapStart(4);
        writer.WriteKey("name");
        writer.WriteText("ω");
        writer.WriteKey("size");
        writer.WriteUInt(4096);
        writer.WriteKey("extra");
        writer.WriteArrayStart(2);
        writer.WriteNull();
        writer.WriteInt(-5);
        writer.WriteKey("content");
        writer.WriteBytes(hash.AsSpan());

        CborReader reader = new(writer.Written);
        Assert.True(reader.TryReadMapStart(out int count));
        Assert.Equal(4, count);
        Assert.True(reader.IsNextKey("name"u8));
        Assert.False(reader.IsNextKey("size"u8));
        Assert.True(reader.TryReadKey("name"u8) && reader.TryReadText(10, out string name) && name == "ω");
        Assert.True(reader.TryReadKey("size"u8) && reader.TryReadSize(out long size) && size == 4096);
        Assert.True(reader.TryReadKey(out ReadOnlySpan<byte> key) && key.SequenceEqual("extra"u8));
        Assert.True(reader.TryReadRaw(out ReadOnlySpan<byte> raw) && raw.SequenceEqual((byte[])[0x82, 0xf6, 0x24]));
        Assert.True(reader.TryReadKey("content"u8) && reader.TryReadHash(out Hash256 read) && read == hash);
        Assert.Equal(0, reader.Depth);
        Assert.True(reader.TryFinish());
        Assert.True(reader.Error.IsNone);
    }

    [Fact]
    public void ErrorNamesTheFieldAndStays()
    {
        CborReader reader = new(Bytes("a26161016162820203"));
        Assert.True(reader.TryReadMapStart(out _));
        Assert.True(reader.TryReadKey("a"u8));
        Assert.False(reader.TryReadText(out _));
        Assert.Equal(CborCode.Unexpected, reader.Error.Code);
        Assert.Equal("a", reader.Error.Field);

        Assert.False(reader.TryReadUInt(out _));
        Assert.False(reader.TrySkip());
        Assert.False(reader.TryFinish());
        Assert.False(reader.Refuse("other", "", ""));
        Assert.Equal(CborKind.None, reader.PeekKind());
        Assert.Equal("a", reader.Error.Field);
    }

    [Theory]
    [InlineData("top", "18", "")]
    [InlineData("in an array in a map", "a16161820018", "a")]
    [InlineData("in a map in a map", "a16161a1626262f7", "bb")]
    [InlineData("key from outside", "a163c3bc0af7", "???")]
    public void ErrorNamesTheInnermostKey(string label, string hex, string field)
    {
        Assert.False(DagCbor.IsCanonical(Bytes(hex), 100, out DecodeError error), label);
        Assert.Equal(field, error.Field);
    }

    [Theory]
    [InlineData("text too long", "66616263646566")]
    [InlineData("other kind", "01")]
    public void TextIsBounded(string label, string hex)
    {
        CborReader reader = new(Bytes(hex));
        Assert.False(reader.TryReadText(5, out string text), label);
        Assert.Equal("", text);
    }

    [Fact]
    public void SizesAndSignedNumbersStopAtTheirLimits()
    {
        Assert.True(new CborReader(Bytes("1b7fffffffffffffff")).TryReadSize(out long size) && size == long.MaxValue);
        Assert.False(new CborReader(Bytes("1b8000000000000000")).TryReadSize(out _));
        Assert.False(new CborReader(Bytes("1b8000000000000000")).TryReadInt(out _));
        Assert.False(new CborReader(Bytes("20")).TryReadUInt(out _));
        Assert.True(new CborReader(Bytes("3b7fffffffffffffff")).TryReadInt(out long least) && least == long.MinValue);
        Assert.False(new CborReader(Bytes("43010203")).TryReadBytes(4, out _));
    }

    [Fact]
    public void ReadingOutOfTurnIsAnErrorNotAThrow()
    {
        CborReader keyDue = new(Bytes("a1616100"));
        Assert.True(keyDue.TryReadMapStart(out _));
        Assert.False(keyDue.TryReadText(out _));

        CborReader noKeyDue = new(Bytes("8100"));
        Assert.True(noKeyDue.TryReadArrayStart(out _));
        Assert.False(noKeyDue.TryReadKey(out _));

        CborReader beyond = new(Bytes("0000"));
        Assert.True(beyond.TryReadUInt(out _));
        Assert.False(beyond.TryReadUInt(out _));

        CborReader unfinished = new(Bytes("8100"));
        Assert.True(unfinished.TryReadArrayStart(out _));
        Assert.False(unfinished.TryFinish());
    }

    private static byte[] Bytes(string hex)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] bytes));
        return bytes;
    }
}
