using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Bao;

/// <summary>One content with its outboard, and short ways through encoder and decoder.</summary>
internal sealed class BaoSample : IContentReader
{
    private readonly byte[] _content;

    public BaoSample(byte[] content, int groupLog = BaoTree.DefaultGroupLog)
    {
        _content = content;
        GroupLog = groupLog;
        var builder = new OutboardBuilder(groupLog);
        builder.Update(content);
        OutboardBytes = builder.Finish(out var root);
        Root = root;
        Assert.True(Outboard.TryCreate(OutboardBytes, out var outboard, groupLog));
        Parents = outboard!;
    }

    public int GroupLog { get; }

    public Hash256 Root { get; }

    public byte[] OutboardBytes { get; }

    public Outboard Parents { get; }

    public byte[] Content => _content;

    public static BaoSample Random(int size, int groupLog = BaoTree.DefaultGroupLog, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return new BaoSample(bytes, groupLog);
    }

    public void ReadAt(long offset, Span<byte> destination) =>
        _content.AsSpan((int)offset, destination.Length).CopyTo(destination);

    public byte[] Encode(ByteRanges ranges, int step = int.MaxValue)
    {
        var encoder = new BaoEncoder(Root, _content.Length, Parents, ranges, this, GroupLog);
        using var output = new MemoryStream();
        var buffer = new byte[Math.Min(step, 1 << 16)];
        while (!encoder.IsDone)
        {
            var read = encoder.Read(buffer);
            Assert.Equal(BaoError.None, encoder.Error);
            Assert.True(read == buffer.Length || encoder.IsDone);
            output.Write(buffer, 0, read);
        }

        return output.ToArray();
    }

    /// <summary>
    /// Pushes <paramref name="encoding"/> in pieces of <paramref name="step"/> bytes. Every delivered byte is
    /// compared with the true content, whatever the outcome.
    /// </summary>
    public BaoError Decode(
        byte[] encoding, ByteRanges ranges, out ByteRanges delivered,
        int step = int.MaxValue, long? size = null, IOutboardSink? sink = null)
    {
        var decoder = new BaoDecoder(Root, size ?? _content.Length, ranges, sink, GroupLog);
        var pieces = new List<ByteRange>();
        var offset = 0;
        do
        {
            var rest = encoding.AsSpan(offset, Math.Min(step, encoding.Length - offset));
            offset += rest.Length;
            while (true)
            {
                var status = decoder.Push(rest, out var consumed, out var leaf);
                rest = rest[consumed..];
                if (status != BaoStatus.Leaf) break;
                Assert.True(_content.AsSpan((int)leaf.Offset, leaf.Data.Length).SequenceEqual(leaf.Data));
                pieces.Add(new ByteRange(leaf.Offset, leaf.Data.Length));
            }
        }
        while (offset < encoding.Length && decoder.Error == BaoError.None);
        Assert.True(ByteRanges.TryCreate(pieces.ToArray(), out delivered));
        return decoder.Finish();
    }

    public static ByteRanges Ranges(params (long Start, long Length)[] ranges)
    {
        var list = ranges.Select(r => new ByteRange(r.Start, r.Length)).ToArray();
        Assert.True(ByteRanges.TryCreate(list, out var value));
        return value;
    }
}
