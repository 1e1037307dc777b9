using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Tests.Index;

public sealed class SegmentTests
{
    private const string Path = "segment-0001.idx";

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(5_000)]
    public void EveryKeyIsFoundAndNoOther(int count)
    {
        var files = new MemoryFileSystem();
        var keys = Keys(count);
        using var segment = Write(files, IndexTable.Artifacts, keys, index => BitConverter.GetBytes(index));
        var cache = new PageCache(1 << 20);
        for (var i = 0; i < count; i++)
        {
            Assert.True(segment.TryFind(cache, keys[i], out var value, out var isTombstone));
            Assert.Equal(i, BitConverter.ToInt32(value));
            Assert.False(isTombstone);
            var other = keys[i].ToArray();
            other[^1] ^= 1;
            Assert.False(segment.TryFind(cache, other, out _, out _));
        }

        Assert.Equal(count, segment.Entries);
        segment.Check();
    }

    [Fact]
    public void KeysThatShareTheirFenceAreToldApartByWholePages()
    {
        var files = new MemoryFileSystem();
        var keys = new List<byte[]>();
        for (var i = 0; i < 3_000; i++)
        {
            var key = new byte[60];
            BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(40), i * 2 + 1);
            keys.Add(key);
        }

        using var segment = Write(files, IndexTable.Created, keys, _ => []);
        var cache = new PageCache(1 << 20);
        foreach (var key in keys)
        {
            Assert.True(segment.TryFind(cache, key, out _, out _));
        }

        using var cursor = new SegmentCursor(segment, cache, keys[1_234]);
        for (var i = 1_234; i < keys.Count; i++)
        {
            Assert.True(cursor.MoveNext());
            Assert.True(cursor.Key.SequenceEqual(keys[i]));
        }

        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void AWalkBeginsAtTheFirstKeyNotBelowTheOneAsked()
    {
        var files = new MemoryFileSystem();
        var keys = Keys(2_000);
        using var segment = Write(files, IndexTable.Artifacts, keys, _ => new byte[90]);
        var cache = new PageCache(1 << 16);
        for (var i = 0; i < keys.Count; i += 97)
        {
            var below = keys[i].ToArray();
            below[^1]--;
            using var cursor = new SegmentCursor(segment, cache, below);
            for (var at = i; at < Math.Min(keys.Count, i + 70); at++)
            {
                Assert.True(cursor.MoveNext());
                Assert.True(cursor.Key.SequenceEqual(keys[at]));
            }
        }

        using var past = new SegmentCursor(segment, cache, Enumerable.Repeat((byte)255, 40).ToArray());
        Assert.False(past.MoveNext());
    }

    [Fact]
    public void AFilterTellsAbsentKeysApartFiftyTimesInFiftyOne()
    {
        var files = new MemoryFileSystem();
        var keys = Keys(20_000);
        using var segment = Write(files, IndexTable.Artifacts, keys, _ => []);
        var cache = new PageCache(1 << 20);
        Assert.All(keys, key => Assert.True(segment.MayContain(cache, key)));
        var wrong = 0;
        for (var i = 0; i < 20_000; i++)
        {
            wrong += segment.MayContain(cache, Blake3.Hash(BitConverter.GetBytes(-1L - i)).ToArray()) ? 1 : 0;
        }

        Assert.InRange(wrong, 1, 20_000 / 51);
    }

    [Fact]
    public void ALookUpReadsOneDataPageOnceItsFencesAreInTheCache()
    {
        var files = new MemoryFileSystem();
        var keys = Keys(20_000);
        using var segment = Write(files, IndexTable.Artifacts, keys, _ => new byte[100]);
        var cache = new PageCache(1 << 20);
        foreach (var key in keys)
        {
            segment.TryFind(cache, key, out _, out _);
        }

        for (var i = 0; i < keys.Count; i += 501)
        {
            var (before, maps) = (cache.DataReads, cache.MapReads);
            Assert.True(segment.TryFind(cache, keys[i], out _, out _));
            Assert.InRange(cache.DataReads - before, 0, 1);
            Assert.Equal(maps, cache.MapReads);
        }
    }

    [Fact]
    public void NoFlippedByteIsBelieved()
    {
        var files = new MemoryFileSystem();
        var keys = Keys(300);
        long length;
        using (var segment = Write(files, IndexTable.Artifacts, keys, _ => new byte[50]))
        {
            length = segment.Length;
        }

        for (long at = 0; at < length; at += 13)
        {
            files.Flip(Path, at);
            Assert.ThrowsAny<IOException>(() =>
            {
                using var segment = SegmentReader.Open(files, Path, 1);
                segment.Check();
            });
            files.Flip(Path, at);
        }

        using var whole = SegmentReader.Open(files, Path, 1);
        whole.Check();
    }

    [Fact]
    public void ASegmentCutAnywhereIsNotOpened()
    {
        var files = new MemoryFileSystem();
        using (Write(files, IndexTable.Objects, Keys(300), _ => new byte[9]))
        {
        }

        for (var length = files.Length(Path) - 1; length > 0; length -= 61)
        {
            using (var file = files.Open(Path, FileOpenMode.ReadWrite))
            {
                file.Truncate(length);
            }

            Assert.Throws<IndexDamagedException>(() => SegmentReader.Open(files, Path, 1).Dispose());
        }
    }

    internal static List<byte[]> Keys(int count)
    {
        var keys = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            keys.Add([.. Blake3.Hash(BitConverter.GetBytes((long)i)).AsSpan(), 0, 1]);
        }

        keys.Sort((left, right) => left.AsSpan().SequenceCompareTo(right));
        return keys;
    }

    private static SegmentReader Write(
        MemoryFileSystem files, IndexTable table, List<byte[]> keys, Func<int, byte[]> valueOf)
    {
        using (var writer = new SegmentWriter(files.Open(Path, FileOpenMode.CreateNew), table, through: 7))
        {
            for (var i = 0; i < keys.Count; i++)
            {
                writer.Add(keys[i], valueOf(i), isTombstone: false);
            }

            writer.Finish();
        }

        var segment = SegmentReader.Open(files, Path, 1);
        Assert.Equal(7, segment.Through);
        return segment;
    }
}
