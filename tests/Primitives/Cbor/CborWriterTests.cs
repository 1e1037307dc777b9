using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Tests.Cbor;

public sealed class CborWriterTests
{
    public static TheoryData<string, Action<CborWriter>> Defects => new()
    {
        { "nothing written", w => w.ToArray() },
        { "second item", w => { w.WriteNull(); w.WriteNull(); } },
        { "open array", w => { w.WriteArrayStart(1); w.ToArray(); } },
        { "item where a key is due", w => { w.WriteMapStart(1); w.WriteNull(); } },
        { "key where an item is due", w => { w.WriteMapStart(1); w.WriteKey("a"); w.WriteKey("b"); } },
        { "key outside a map", w => w.WriteKey("a") },
        { "key in an array", w => { w.WriteArrayStart(1); w.WriteKey("a"); } },
        { "keys not sorted", w => { w.WriteMapStart(2); w.WriteKey("b"); w.WriteNull(); w.WriteKey("a"); } },
        { "longer key first", w => { w.WriteMapStart(2); w.WriteKey("aa"); w.WriteNull(); w.WriteKey("b"); } },
        { "key twice", w => { w.WriteMapStart(2); w.WriteKey("a"); w.WriteNull(); w.WriteKey("a"); } },
        { "NaN", w => w.WriteFloat(double.NaN) },
        { "infinity", w => w.WriteFloat(double.PositiveInfinity) },
        { "text not UTF-8", w => w.WriteText([0xff]) },
        { "link that is no CID", w => w.WriteLink([1, 2, 3]) },
        { "raw item not canonical", w => w.WriteRaw([0x18, 0x00]) },
        { "negative count", w => w.WriteArrayStart(-1) },
        {
            "too deep", w =>
            {
                for (int i = 0; i <= DagCbor.DepthMax; i++)
                    w.WriteArrayStart(1);
            }
        },
        {
            "raw item too deep", w =>
            {
                for (int i = 0; i < DagCbor.DepthMax; i++)
                    w.WriteArrayStart(1);
                w.WriteRaw([0x80]);
            }
        },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public void DefectOfTheCallerThrows(string label, Action<CborWriter> write)
    {
        Assert.NotEmpty(label);
        Assert.Throws<InvalidOperationException>(() => write(new CborWriter()));
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(23, "17")]
    [InlineData(24, "1818")]
    [InlineData(255, "18ff")]
    [InlineData(256, "190100")]
    [InlineData(65535, "19ffff")]
    [InlineData(65536, "1a00010000")]
    [InlineData(uint.MaxValue, "1affffffff")]
    [InlineData(4294967296, "1b0000000100000000")]
    [InlineData(-1, "20")]
    [InlineData(-24, "37")]
    [InlineData(-25, "3818")]
    [InlineData(long.MaxValue, "1b7fffffffffffffff")]
    [InlineData(long.MinValue, "3b7fffffffffffffff")]
    public void NumbersTakeTheirShortestHead(long value, string hex)
    {
        CborWriter writer = new();
        writer.WriteInt(value);
        Assert.Equal(hex, Hex.Encode(writer.Written));
        CborReader reader = new(writer.Written);
        Assert.True(reader.TryReadInt(out long read) && reader.TryFinish());
        Assert.Equal(value, read);
    }

    [Fact]
    public void ResetStartsANewItem()
    {
        CborWriter writer = new(capacity: 1);
        writer.WriteMapStart(1);
        writer.WriteKey("k");
        writer.Reset();
        writer.WriteBytes(new byte[1000]);
        Assert.True(writer.IsComplete);
        Assert.Equal(1003, writer.Written.Length);
        Assert.Equal("5903e8", Hex.Encode(writer.Written[..3]));
    }

    [Fact]
    public void RawItemStandsAsItIs()
    {
        CborWriter writer = new();
        writer.WriteArrayStart(2);
        writer.WriteRaw([0xa1, 0x61, 0x61, 0x01]);
        writer.WriteBool(true);
        Assert.Equal("82a1616101f5", Hex.Encode(writer.Written));
    }
}
