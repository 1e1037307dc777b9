using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Protobuf;

public sealed class ProtobufTests
{
    [Fact]
    public void WrittenFieldsReadBack()
    {
        var message = new ProtobufWriter().Number(1, 150).Text(2, "testing").Bytes(15, [1, 2])
            .Number(16, ulong.MaxValue);
        var reader = new ProtobufReader(message.Written);
        Assert.True(reader.Next());
        Assert.Equal((1, 150ul), (reader.Field, reader.Number));
        Assert.True(reader.Next());
        Assert.True(reader.IsBytes(2));
        Assert.Equal("testing"u8.ToArray(), reader.Bytes.ToArray());
        Assert.True(reader.Next());
        Assert.Equal([1, 2], reader.Bytes.ToArray());
        Assert.True(reader.Next());
        Assert.Equal((16, ulong.MaxValue), (reader.Field, reader.Number));
        Assert.False(reader.Next());
        Assert.Equal(ProtobufError.None, reader.Error);
    }

    [Fact]
    public void PublishedExampleIsWrittenByteForByte() =>
        Assert.Equal("089601", Convert.ToHexStringLower(new ProtobufWriter().Number(1, 150).Written));

    [Theory]
    [InlineData("field 0", "0001", ProtobufError.InvalidFieldNumber)]
    [InlineData("group", "0B", ProtobufError.InvalidWireType)]
    [InlineData("wire type 7", "0F", ProtobufError.InvalidWireType)]
    [InlineData("no value", "08", ProtobufError.Truncated)]
    [InlineData("bytes cut", "120361", ProtobufError.Truncated)]
    [InlineData("length of 2^63", "12FFFFFFFFFFFFFFFFFF0161", ProtobufError.Truncated)]
    [InlineData("fixed cut", "0D010203", ProtobufError.Truncated)]
    [InlineData("65 bits", "08FFFFFFFFFFFFFFFFFF02", ProtobufError.InvalidVarint)]
    [InlineData("eleven bytes", "0880808080808080808080" + "8001", ProtobufError.InvalidVarint)]
    public void DefectIsNamed(string label, string hex, ProtobufError expected)
    {
        Assert.NotEmpty(label);
        var reader = new ProtobufReader(Convert.FromHexString(hex));
        while (reader.Next())
        {
            Assert.NotEqual(0, reader.Field);
        }

        Assert.Equal(expected, reader.Error);
        Assert.False(reader.Next());
    }

    [Fact]
    public void RandomBytesNeverThrowAndEveryFieldLiesInside()
    {
        var fields = 0;
        for (ulong seed = 0; seed < 5000; seed++)
        {
            var bytes = new Chance(seed).Bytes((int)(seed % 60));
            var reader = new ProtobufReader(bytes);
            while (reader.Next())
            {
                fields++;
                Assert.InRange(reader.Bytes.Length, 0, bytes.Length);
            }
        }

        Assert.NotEqual(0, fields);
    }
}
