using System.Buffers.Binary;
using System.Text.Json;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Tests.Hashing;

namespace Omega.P2P.Primitives.Tests.Bao;

/// <summary>
/// The public bao vectors (oconnor663/bao, tests/test_vectors.json), made for groups of one chunk. Their encodings
/// begin with the 8-byte size, which ours leaves to the message around it.
/// </summary>
public sealed class BaoVectorTests
{
    private static readonly JsonElement Vectors = Load();

    public static TheoryData<int> Lengths =>
        [.. Vectors.GetProperty("hash").EnumerateArray().Select(row => row.GetProperty("input_len").GetInt32())];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void RootEncodingAndOutboardAgree(int length)
    {
        var sample = new BaoSample(Input(length), groupLog: 0);
        Assert.Equal(Row("hash", length).GetProperty("bao_hash").GetString(), sample.Root.ToString());
        var encoding = Prefixed(length, sample.Encode(ByteRanges.All(length)));
        Assert.Equal(Row("encode", length).GetProperty("output_len").GetInt32(), encoding.Length);
        Assert.Equal(Row("encode", length).GetProperty("encoded_blake3").GetString(), Blake3.Hash(encoding).ToString());
        var outboard = Row("outboard", length);
        Assert.Equal(outboard.GetProperty("output_len").GetInt32(), sample.OutboardBytes.Length);
        Assert.Equal(
            outboard.GetProperty("encoded_blake3").GetString(), Blake3.Hash(sample.OutboardBytes).ToString());
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void CorruptionsOfEncodingAndOutboardAreFound(int length)
    {
        var sample = new BaoSample(Input(length), groupLog: 0);
        var encoding = Prefixed(length, sample.Encode(ByteRanges.All(length)));
        foreach (var at in Positions(Row("encode", length), "corruptions"))
        {
            Assert.NotEqual(BaoError.None, DecodePrefixed(sample, Flip(encoding, at), ByteRanges.All));
        }

        foreach (var at in Positions(Row("outboard", length), "outboard_corruptions").Where(at => at >= 8))
        {
            Assert.True(Outboard.TryCreate(Flip(sample.OutboardBytes, at), out var damaged, groupLog: 0));
            var encoder = new BaoEncoder(sample.Root, length, damaged!, ByteRanges.All(length), sample, groupLog: 0);
            encoder.Read(new byte[20_000]);
            Assert.Equal(BaoError.WrongParent, encoder.Error);
        }

        foreach (var at in Positions(Row("outboard", length), "input_corruptions"))
        {
            var damaged = new BaoSample(Flip(sample.Content, at), groupLog: 0);
            var all = ByteRanges.All(length);
            var encoder = new BaoEncoder(sample.Root, length, sample.Parents, all, damaged, groupLog: 0);
            encoder.Read(new byte[20_000]);
            Assert.Equal(BaoError.WrongGroup, encoder.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void SlicesAgreeAndTheirCorruptionsAreFound(int length)
    {
        var sample = new BaoSample(Input(length), groupLog: 0);
        var slices = Row("slice", length).GetProperty("slices").EnumerateArray().ToList();
        Assert.NotEmpty(slices);
        foreach (var slice in slices)
        {
            // A slice of no bytes stands for one byte; beyond the end, for the last: that is what ToTransfer does too.
            var (start, count) = (slice.GetProperty("start").GetInt64(), slice.GetProperty("len").GetInt64());
            var ranges = BaoSample.Ranges((start, Math.Max(1, count)));
            var encoding = Prefixed(length, sample.Encode(ranges));
            Assert.Equal(slice.GetProperty("output_len").GetInt32(), encoding.Length);
            Assert.Equal(slice.GetProperty("output_blake3").GetString(), Blake3.Hash(encoding).ToString());
            Assert.Equal(BaoError.None, DecodePrefixed(sample, encoding, _ => ranges));
            foreach (var at in Positions(slice, "corruptions"))
            {
                Assert.NotEqual(BaoError.None, DecodePrefixed(sample, Flip(encoding, at), _ => ranges));
            }
        }
    }

    private static BaoError DecodePrefixed(BaoSample sample, byte[] encoding, Func<long, ByteRanges> ranges)
    {
        var size = BinaryPrimitives.ReadInt64LittleEndian(encoding);
        return size < 0 ? BaoError.WrongSize : sample.Decode(encoding[8..], ranges(size), out _, size: size);
    }

    /// <summary>A four-byte little-endian counter from 1, as the vectors' comment says.</summary>
    private static byte[] Input(int length)
    {
        var bytes = new byte[length + 4];
        for (var i = 0; i < length; i += 4) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i), i / 4 + 1);
        return bytes[..length];
    }

    private static byte[] Prefixed(long size, byte[] encoding)
    {
        var whole = new byte[8 + encoding.Length];
        BinaryPrimitives.WriteInt64LittleEndian(whole, size);
        encoding.CopyTo(whole, 8);
        return whole;
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        var copy = bytes.ToArray();
        copy[at] ^= 1;
        return copy;
    }

    private static IEnumerable<int> Positions(JsonElement row, string name) =>
        row.GetProperty(name).EnumerateArray().Select(at => at.GetInt32());

    private static JsonElement Row(string kind, int length) =>
        Vectors.GetProperty(kind).EnumerateArray().Single(row => row.GetProperty("input_len").GetInt32() == length);

    private static JsonElement Load()
    {
        var path = RepositoryFolder.Path("tests", "Primitives", "Bao", "bao_test_vectors.json");
        return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.Clone();
    }
}
