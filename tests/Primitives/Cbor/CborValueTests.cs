using System.Collections.Immutable;
using System.Formats.Cbor;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Cbor;

public sealed class CborValueTests
{
    [Fact]
    public void RandomDocumentsAreEncodedAsThePlatformsCanonicalModeDoes()
    {
        SeededBytes random = new(61);
        for (int i = 0; i < 3_000; i++)
        {
            CborValue value = RandomValues.Next(random);
            byte[] encoded = value.Encode();
            Assert.Equal(Hex.Encode(RandomValues.BySystem(value)), Hex.Encode(encoded));
            Assert.True(DagCbor.IsCanonical(encoded, encoded.Length, out DecodeError error), error.ToString());
            Assert.True(CborValue.TryDecode(encoded, encoded.Length, out CborValue? decoded, out error));
            Assert.Equal(value, decoded);
            Assert.Equal(value.GetHashCode(), decoded.GetHashCode());
        }
    }

    [Fact]
    public void RandomDocumentsComeBackFromJson()
    {
        SeededBytes random = new(62);
        for (int i = 0; i < 3_000; i++)
        {
            CborValue value = RandomValues.Next(random);
            Assert.True(CborValue.FromJson(value.ToJson(), out CborValue? back, out _), value.ToJson());
            Assert.Equal(value, back);
        }
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        SeededBytes random = new(63);
        for (int i = 0; i < 300; i++)
        {
            byte[] encoded = RandomValues.Next(random).Encode();
            for (int length = 0; length < encoded.Length; length++)
            {
                Assert.False(CborValue.TryDecode(encoded.AsSpan(0, length), 1 << 20, out _, out DecodeError error));
                Assert.False(error.IsNone);
            }
        }
    }

    // Skipping, decoding and the platform's reader must agree on what is one document, and it is its own encoding.
    [Fact]
    public void MutantsThatAreAcceptedAreTheirOneEncoding()
    {
        SeededBytes random = new(64);
        int accepted = 0;
        for (int i = 0; i < 30_000; i++)
        {
            byte[] mutant = random.Mutated(RandomValues.Next(random, depth: 3).Encode());
            if (Accepts(mutant))
                accepted++;
        }

        Assert.True(accepted > 3_000, $"only {accepted} mutants were accepted");
    }

    [Fact]
    public void RandomBytesThatAreAcceptedAreTheirOneEncoding()
    {
        SeededBytes random = new(65);
        int accepted = 0;
        for (int i = 0; i < 50_000; i++)
        {
            if (Accepts(random.Bytes(random.Below(24))))
                accepted++;
        }

        Assert.True(accepted > 100, $"only {accepted} inputs were accepted");
    }

    [Fact]
    public void JsonOfEveryMutantIsReadOrRefusedWithoutThrowing()
    {
        SeededBytes random = new(66);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string json = RandomValues.Next(random, depth: 3).ToJson();
            byte[] mutant = random.Mutated(System.Text.Encoding.UTF8.GetBytes(json));
            if (!CborValue.FromJson(mutant, out CborValue? value, out DecodeError error))
            {
                Assert.Equal(CborValue.JsonCode, error.Code);
                continue;
            }

            accepted++;
            Assert.True(CborValue.FromJson(value.ToJson(), out CborValue? again, out _));
            Assert.Equal(value, again);
            Assert.True(DagCbor.IsCanonical(value.Encode(), int.MaxValue, out _));
        }

        Assert.True(accepted > 1_000, $"only {accepted} mutants were accepted");
    }

    // IPLD DAG-JSON specification: the forms of bytes, links, whole numbers and floats.
    [Theory]
    [InlineData("null", "f6")]
    [InlineData("true", "f5")]
    [InlineData("1", "01")]
    [InlineData("-1", "20")]
    [InlineData("1.0", "fb3ff0000000000000")]
    [InlineData("-0.0", "fb8000000000000000")]
    [InlineData("18446744073709551615", "1bffffffffffffffff")]
    [InlineData("-9223372036854775808", "3b7fffffffffffffff")]
    [InlineData("\"a\"", "6161")]
    [InlineData("[1,[2]]", "82018102")]
    [InlineData("{\"b\":1,\"aa\":2}", "a261620162616102")]
    [InlineData("{\"/\":{\"bytes\":\"AQI\"}}", "420102")]
    public void JsonAndCborOfOneValueAgree(string json, string hex)
    {
        Assert.True(CborValue.FromJson(json, out CborValue? value, out DecodeError error), error.ToString());
        Assert.Equal(hex, Hex.Encode(value.Encode()));
        Assert.Equal(json, value.ToJson());
    }

    [Fact]
    public void LinkIsAnObjectWithASlash()
    {
        CborValue link = new CborValue.Link(ContentId.Of([]).ToCid());
        Assert.Equal($"{{\"/\":\"{ContentId.Of([]).ToCid()}\"}}", link.ToJson());
    }

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("two values", "1 2")]
    [InlineData("cut off", "{\"a\":")]
    [InlineData("comment", "1 // one")]
    [InlineData("trailing comma", "[1,]")]
    [InlineData("key twice", "{\"a\":1,\"a\":2}")]
    [InlineData("slash beside another key", "{\"/\":\"x\",\"a\":1}")]
    [InlineData("slash around no CID", "{\"/\":\"x\"}")]
    [InlineData("slash around a number", "{\"/\":1}")]
    [InlineData("base 64 with padding", "{\"/\":{\"bytes\":\"AQI=\"}}")]
    [InlineData("base 64 with fill bits", "{\"/\":{\"bytes\":\"AQJ\"}}")]
    [InlineData("base 64 with a space", "{\"/\":{\"bytes\":\"AQ I\"}}")]
    [InlineData("lone surrogate", "\"\\ud800\"")]
    [InlineData("lone surrogate in a key", "{\"\\udc00\":1}")]
    [InlineData("whole number too large", "18446744073709551616")]
    [InlineData("whole number too small", "-9223372036854775809")]
    [InlineData("float too large", "1e999")]
    public void OtherJsonIsRefused(string label, string json)
    {
        Assert.False(CborValue.FromJson(json, out CborValue? value, out DecodeError error), label);
        Assert.Null(value);
        Assert.Equal(CborValue.JsonCode, error.Code);
    }

    [Fact]
    public void JsonIsRefusedBeyondTheDepthThatCborHas()
    {
        string deepest = new string('[', DagCbor.DepthMax) + new string(']', DagCbor.DepthMax);
        Assert.True(CborValue.FromJson(deepest, out CborValue? value, out _));
        Assert.Equal(DagCbor.DepthMax, value.Depth);
        Assert.True(DagCbor.IsCanonical(value.Encode(), 100, out _));
        Assert.False(CborValue.FromJson("[" + deepest + "]", out _, out _));
        Assert.False(CborValue.FromJson(new string('[', 100_000), out _, out _));

        string bytes = deepest.Insert(DagCbor.DepthMax, "{\"/\":{\"bytes\":\"AQI\"}}");
        Assert.True(CborValue.FromJson(bytes, out value, out _));
        Assert.Equal(bytes, value.ToJson());
    }

    [Fact]
    public void ReservedKeyIsRefusedInOpenMaps()
    {
        Assert.False(CborValue.TryDecode([0xa1, 0x61, 0x2f, 0x01], 100, out _, out DecodeError error));
        Assert.Equal(CborCode.ReservedKey, error.Code);
    }

    [Fact]
    public void ConstructorsRefuseWhatHasNoEncoding()
    {
        CborValue one = new CborValue.Int(1);
        CborValue deep = one;
        for (int i = 0; i < DagCbor.DepthMax; i++)
            deep = new CborValue.Array([deep]);

        Assert.Throws<ArgumentException>(() => new CborValue.Float(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CborValue.Int((Int128)ulong.MaxValue + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CborValue.Int((Int128)long.MinValue - 1));
        Assert.ThrowsAny<ArgumentException>(() => new CborValue.Text("\ud800"));
        Assert.Throws<ArgumentException>(() => new CborValue.Array([deep]));
        Assert.Throws<ArgumentException>(() => new CborValue.Map([new("/", one)]));
        Assert.Throws<ArgumentException>(() => new CborValue.Map([new("a", one), new("a", one)]));
    }

    [Fact]
    public void MapsAreEqualWhateverOrderTheyWereBuiltIn()
    {
        CborValue one = new CborValue.Int(1);
        CborValue two = new CborValue.Int(2);
        CborValue.Map left = new([new("b", one), new("aa", two)]);
        CborValue.Map right = new([new("aa", two), new("b", one)]);
        Assert.Equal<CborValue>(left, right);
        Assert.Equal(["b", "aa"], left.Entries.Select(entry => entry.Key));
        Assert.True(left.TryGet("aa", out CborValue? found));
        Assert.Equal(two, found);
        Assert.False(left.TryGet("c", out _));
    }

    [Fact]
    public void LongInputIsRefusedUnread()
    {
        Assert.False(CborValue.TryDecode(new byte[11], 10, out _, out DecodeError error));
        Assert.Equal(CborCode.TooLong, error.Code);
    }

    private static bool Accepts(byte[] bytes)
    {
        bool canonical = DagCbor.IsCanonical(bytes, bytes.Length, out DecodeError error);
        bool decoded = CborValue.TryDecode(bytes, bytes.Length, out CborValue? value, out DecodeError valueError);
        Assert.Equal(canonical, error.IsNone);
        Assert.Equal(decoded, valueError.IsNone);
        if (valueError.Code == CborCode.ReservedKey)
            return false;
        Assert.True(canonical == decoded, $"{Hex.Encode(bytes)}: {error} / {valueError}");
        if (!decoded)
            return false;

        Assert.Equal(Hex.Encode(bytes), Hex.Encode(value!.Encode()));
        System.Formats.Cbor.CborReader platform = new(bytes, CborConformanceMode.Canonical);
        platform.SkipValue();
        Assert.Equal(0, platform.BytesRemaining);
        return true;
    }
}
