using System.Buffers.Binary;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Tests.Index;

public sealed class MemtableTests
{
    [Theory]
    [InlineData(IndexTable.Artifacts, 32)] // a table with a filter over whole keys
    [InlineData(IndexTable.Objects, 37)] // over their beginnings
    [InlineData(IndexTable.Created, 40)] // without
    public void WhatIsHereIsFoundHoweverManyThereAreAndWhatIsNotIsNot(object table, int length)
    {
        var memtable = new Memtable();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 3_000; i++)
            {
                Assert.False(memtable.TryGet(Key(table, i, length), out _, out _));
                memtable.Put(Key(table, i, length), BitConverter.GetBytes(i), isTombstone: i % 7 == 0);
            }

            for (var i = 0; i < 3_000; i++)
            {
                Assert.True(memtable.TryGet(Key(table, i, length), out var value, out var isTombstone));
                Assert.Equal(i % 7 == 0, isTombstone);
                Assert.True(isTombstone || value.SequenceEqual(BitConverter.GetBytes(i)));
                Assert.True(memtable.Contains(Key(table, i, length).AsSpan(0, 34 > length ? length : 34)));
                Assert.True(memtable.Contains(Key(table, i, length).AsSpan(0, 9)));
            }

            Assert.False(memtable.TryGet(Key(table, 3_000, length), out _, out _));
            Assert.Equal(3_000, memtable.Count);
            memtable.Clear();
            Assert.Equal(0, memtable.Count);
            Assert.Equal(-1, memtable.Seek([(byte)(IndexTable)table]));
        }
    }

    private static byte[] Key(object table, int number, int length)
    {
        var key = new byte[length + 1];
        key[0] = (byte)(IndexTable)table;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), unchecked((ulong)number * 0x9E3779B97F4A7C15));
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(13), number);
        return key;
    }
}
