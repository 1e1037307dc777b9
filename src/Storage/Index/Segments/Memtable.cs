using System.Buffers.Binary;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// The newest entries of all tables, sorted: a skip list whose bytes lie in one array. A key's first byte is its table.
/// Guarded by the index's gate while it grows; once frozen it may be read from anywhere.
/// </summary>
internal sealed class Memtable
{
    private const int HeightMax = 12;
    private const int NodeBytes = 32;

    /// <summary>Bits of the filter for each entry at least, and at most four times as many.</summary>
    private const int FilterBits = 12;
    private const int FilterProbes = 4;

    private readonly int[] _head = new int[HeightMax];
    private readonly int[] _path = new int[HeightMax];
    private Node[] _nodes = new Node[64];
    private int[] _links = new int[128];
    private byte[] _bytes = new byte[4096];
    private ulong[] _filter = new ulong[16];
    private int _linksUsed;
    private int _bytesUsed;

    public Memtable() => Array.Fill(_head, -1);

    /// <summary>Entries, tombstones included.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory the entries take.</summary>
    public long SizeBytes =>
        _bytesUsed + (long)Count * NodeBytes + _linksUsed * sizeof(int) + _filter.Length * sizeof(ulong);

    /// <summary>Forgets all entries and keeps the memory for others.</summary>
    public void Clear()
    {
        Array.Fill(_head, -1);
        Array.Clear(_filter);
        (Count, _linksUsed, _bytesUsed) = (0, 0, 0);
    }

    /// <summary>Puts or replaces an entry; a tombstone where <paramref name="isTombstone"/>.</summary>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        var found = Seek(key, _path);
        if (found < 0 || !KeyOf(found).SequenceEqual(key))
        {
            found = Insert(key);
        }

        ref var node = ref _nodes[found];
        if (isTombstone)
        {
            node.ValueLength = -1;
            return;
        }

        if (node.ValueRoom < value.Length)
        {
            node.Value = Append(value);
            node.ValueRoom = value.Length;
        }
        else
        {
            value.CopyTo(_bytes.AsSpan(node.Value));
        }

        node.ValueLength = value.Length;
    }

    /// <summary>Whether the key has an entry here, and which.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value, out bool isTombstone)
    {
        var found = MayContain(key) ? Seek(key, null) : -1;
        if (found < 0 || !KeyOf(found).SequenceEqual(key))
        {
            value = [];
            isTombstone = false;
            return false;
        }

        isTombstone = !TryValueOf(found, out value);
        return true;
    }

    /// <summary>Whether any entry's key begins with a prefix, tombstones included.</summary>
    public bool Contains(ReadOnlySpan<byte> prefix)
    {
        var found = MayContain(prefix) ? Seek(prefix, null) : -1;
        return found >= 0 && KeyOf(found).StartsWith(prefix);
    }

    /// <summary>The first entry not below a key; -1 where there is none.</summary>
    public int Seek(ReadOnlySpan<byte> key) => Seek(key, null);

    /// <summary>The entry after one; -1 at the end.</summary>
    public int Next(int entry) => _links[_nodes[entry].Links];

    public ReadOnlySpan<byte> KeyOf(int entry) => _bytes.AsSpan(_nodes[entry].Key, _nodes[entry].KeyLength);

    /// <summary>The value; false for a tombstone.</summary>
    public bool TryValueOf(int entry, out ReadOnlySpan<byte> value)
    {
        ref readonly var node = ref _nodes[entry];
        value = node.ValueLength < 0 ? [] : _bytes.AsSpan(node.Value, node.ValueLength);
        return node.ValueLength >= 0;
    }

    /// <summary>Whether an entry may be here whose key begins with this: false is certain, and much cheaper than to
    /// seek for what is absent, which a put does for each of its keys.</summary>
    public bool MayContain(ReadOnlySpan<byte> prefix)
    {
        if (!TryDigest(prefix, out var digest))
        {
            return true;
        }

        var mask = (uint)_filter.Length * 64 - 1;
        for (var probe = 0; probe < FilterProbes; probe++)
        {
            var bit = BitOf(digest, probe) & mask;
            if ((_filter[bit >> 6] & (1UL << (int)(bit & 63))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private void AddToFilter(ReadOnlySpan<byte> key)
    {
        if (!TryDigest(key, out var digest))
        {
            return;
        }

        var mask = (uint)_filter.Length * 64 - 1;
        for (var probe = 0; probe < FilterProbes; probe++)
        {
            var bit = BitOf(digest, probe) & mask;
            _filter[bit >> 6] |= 1UL << (int)(bit & 63);
        }
    }

    private void GrowFilter()
    {
        _filter = new ulong[_filter.Length * 4];
        for (var entry = 0; entry < Count; entry++)
        {
            AddToFilter(KeyOf(entry));
        }
    }

    /// <summary>By what the segments' filters know of a key, too; false for a table without, or too short a prefix.
    /// </summary>
    private static bool TryDigest(ReadOnlySpan<byte> key, out ulong digest)
    {
        var length = IndexTables.FilterLength((IndexTable)key[0]);
        var isKnown = length > 0 && key.Length > length;
        digest = isKnown ? BloomPage.Digest(key[..(length + 1)]) : 0;
        return isKnown;
    }

    private static uint BitOf(ulong digest, int probe) =>
        unchecked((uint)digest + (uint)probe * ((uint)(digest >> 32) | 1));

    private int Seek(ReadOnlySpan<byte> key, int[]? path)
    {
        var at = -1;
        var next = -1;
        var prefix = PrefixOf(key);
        for (var level = HeightMax - 1; level >= 0; level--)
        {
            while ((next = LinkOf(at, level)) >= 0 && IsBelow(next, prefix, key))
            {
                at = next;
            }

            if (path is not null)
            {
                path[level] = at;
            }
        }

        return next;
    }

    private int Insert(ReadOnlySpan<byte> key)
    {
        var height = HeightOf(Count);
        var index = Count++;
        if (index == _nodes.Length)
        {
            LastingArrays.Grow(ref _nodes, _nodes.Length * 2);
        }

        if (_linksUsed + height > _links.Length)
        {
            LastingArrays.Grow(ref _links, _links.Length * 2);
        }

        _nodes[index] = new Node
        {
            Prefix = PrefixOf(key),
            Key = Append(key),
            KeyLength = key.Length,
            Links = _linksUsed,
        };
        for (var level = 0; level < height; level++)
        {
            _links[_linksUsed + level] = LinkOf(_path[level], level);
            if (_path[level] < 0)
            {
                _head[level] = index;
            }
            else
            {
                _links[_nodes[_path[level]].Links + level] = index;
            }
        }

        _linksUsed += height;
        if ((long)Count * FilterBits > _filter.Length * 64)
        {
            GrowFilter();
        }
        else
        {
            AddToFilter(key);
        }

        return index;
    }

    /// <summary>Most comparisons are settled by the first bytes, which stand in the node itself.</summary>
    private bool IsBelow(int entry, ulong prefix, ReadOnlySpan<byte> key)
    {
        var own = _nodes[entry].Prefix;
        return own == prefix ? KeyOf(entry).SequenceCompareTo(key) < 0 : own < prefix;
    }

    private static ulong PrefixOf(ReadOnlySpan<byte> key)
    {
        Span<byte> first = stackalloc byte[sizeof(ulong)];
        first.Clear();
        key[..Math.Min(key.Length, first.Length)].CopyTo(first);
        return BinaryPrimitives.ReadUInt64BigEndian(first);
    }

    private int LinkOf(int entry, int level) => entry < 0 ? _head[level] : _links[_nodes[entry].Links + level];

    private int Append(ReadOnlySpan<byte> bytes)
    {
        var at = _bytesUsed;
        if (at + bytes.Length > _bytes.Length)
        {
            LastingArrays.Grow(ref _bytes, Math.Max(_bytes.Length * 2, at + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(at));
        _bytesUsed += bytes.Length;
        return at;
    }

    /// <summary>One more level for one in four; the same for the same count, so that a run can be repeated.</summary>
    private static int HeightOf(int index)
    {
        var bits = unchecked(((uint)index + 1) * 0x9E3779B9u);
        bits ^= bits >> 15;
        bits = unchecked(bits * 0x85EBCA6Bu);
        bits ^= bits >> 13;
        var height = 1;
        for (; height < HeightMax && (bits & 3) == 3; bits >>= 2)
        {
            height++;
        }

        return height;
    }

    private struct Node
    {
        /// <summary>The key's first eight bytes as a number, zeros where it is shorter.</summary>
        public ulong Prefix;
        public int Key;
        public int KeyLength;
        public int Value;
        public int ValueLength;
        public int ValueRoom;
        public int Links;
    }
}
