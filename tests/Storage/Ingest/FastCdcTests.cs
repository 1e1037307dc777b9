using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class FastCdcTests
{
    [Fact]
    public void ChunksOfRandomBytesHaveTheSizesPromised()
    {
        var lengths = CutAll(TestStore.Bytes(1, 16 * 1024 * 1024)).Select(chunk => chunk.Length).ToList();

        Assert.All(lengths.SkipLast(1), length => Assert.InRange(length, FastCdc.SizeMin + 1, FastCdc.SizeMax));
        Assert.InRange(lengths.Average(), 60 * 1024, 66 * 1024);
    }

    [Fact]
    public void BytesWithoutACutEndAtTheMaximum()
    {
        Assert.Equal(FastCdc.SizeMax, FastCdc.Cut(new byte[3 * FastCdc.SizeMax], isLast: false));
        Assert.Equal(0, FastCdc.Cut(new byte[FastCdc.SizeMax - 1], isLast: false));
        Assert.Equal(FastCdc.SizeMax - 1, FastCdc.Cut(new byte[FastCdc.SizeMax - 1], isLast: true));
    }

    [Fact]
    public void CutDoesNotDependOnHowMuchFollows()
    {
        var bytes = TestStore.Bytes(2, FastCdc.SizeMax);
        var whole = FastCdc.Cut(bytes, isLast: true);

        Assert.InRange(whole, FastCdc.SizeMin, FastCdc.SizeMax - 1);
        for (var length = whole - 70; length < whole + 70; length++)
        {
            Assert.Equal(length >= whole ? whole : 0, FastCdc.Cut(bytes.AsSpan(0, length), isLast: false));
            Assert.Equal(Math.Min(length, whole), FastCdc.Cut(bytes.AsSpan(0, length), isLast: true));
        }
    }

    [Fact]
    public void InsertionChangesFewChunks()
    {
        var bytes = TestStore.Bytes(3, 16 * 1024 * 1024);
        byte[] edited = [.. bytes.AsSpan(0, 7_000_000), .. TestStore.Bytes(4, 100), .. bytes.AsSpan(7_000_000)];

        var known = CutAll(bytes).Select(chunk => chunk.Id).ToHashSet();
        var added = CutAll(edited).Where(chunk => !known.Contains(chunk.Id)).Sum(chunk => chunk.Length);

        Assert.InRange(added, 100, 5 * FastCdc.SizeNormal);
    }

    /// <summary>Known lengths: cutting elsewhere would lose deduplication against every store there is.</summary>
    [Fact]
    public void CutsStayWhereTheyAre()
    {
        var hasher = Blake3Hasher.Create();
        foreach (var (_, length) in CutAll(TestStore.Bytes(5, 4 * 1024 * 1024)))
        {
            hasher.Update(BitConverter.GetBytes(length));
        }

        Assert.StartsWith("225f9bfb0d83e60b37db9212a4e905ce", hasher.Finish().ToString(), StringComparison.Ordinal);
    }

    private static List<(Hash256 Id, int Length)> CutAll(byte[] bytes)
    {
        var chunks = new List<(Hash256, int)>();
        for (int at = 0, length; at < bytes.Length; at += length)
        {
            length = FastCdc.Cut(bytes.AsSpan(at), isLast: true);
            chunks.Add((Blake3.Hash(bytes.AsSpan(at, length)), length));
        }

        return chunks;
    }
}
