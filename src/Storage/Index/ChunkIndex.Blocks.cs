using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Index;

/// <summary>Blocks one after the other, and blocks that the log names and nobody can read.</summary>
internal sealed partial class ChunkIndex
{
    private const int PageMax = 256;

    /// <summary>Number that stands for a block whose directory cannot be read.</summary>
    private const int Unreadable = 0;

    /// <summary>All blocks by number. Lazy, a page at a time: to be walked under the state lock.</summary>
    public IEnumerable<BlockState> Blocks
    {
        get
        {
            var from = 0;
            List<BlockState> page;
            do
            {
                page = PageFrom(from);
                foreach (var block in page)
                {
                    yield return block;
                }

                from = page.Count == 0 ? 0 : page[^1].Number + 1;
            }
            while (page.Count == PageMax);
        }
    }

    /// <summary>Blocks by id after one (null: from the first), whose id begins with some bytes; at most so
    /// many.</summary>
    public List<BlockState> PageAfter(BlockId? after, ReadOnlySpan<byte> prefix, int countMax)
    {
        var numbers = new List<int>();
        var from = after is { } last ? IndexStore.After(last.Hash.ToArray()) : prefix.ToArray();
        using (var scan = tables.ScanFrom(IndexTable.Blocks, from, prefix))
        {
            while (numbers.Count < countMax && scan.MoveNext())
            {
                var number = BinaryPrimitives.ReadInt32BigEndian(scan.Value);
                if (number != Unreadable)
                {
                    numbers.Add(number);
                }
            }
        }

        return numbers.ConvertAll(number => TryGetBlock(number, out var block)
            ? block!
            : throw new IndexDamagedException($"the index lacks block number {number}"));
    }

    /// <summary>Whether the log names a block, also one that cannot be read.</summary>
    public bool IsNamed(BlockId id) => tables.Get(IndexTable.Blocks, id.AsSpan(), expectAbsent: true) is not null;

    /// <summary>Keeps the name of a block that the log calls for and that cannot be read: its files stay.</summary>
    public void AddUnreadable(BlockId id)
    {
        if (!IsNamed(id))
        {
            Totals = Totals with { Unreadable = Totals.Unreadable + 1 };
            PutNumber(id, Unreadable);
        }
    }

    /// <summary>Blocks whose id begins with some bytes, which the log calls for and which could not be read.</summary>
    public List<BlockId> UnreadableIn(ReadOnlySpan<byte> prefix)
    {
        var ids = new List<BlockId>();
        if (Totals.Unreadable == 0)
        {
            return ids;
        }

        using var scan = tables.Scan(IndexTable.Blocks, prefix);
        while (scan.MoveNext())
        {
            if (BinaryPrimitives.ReadInt32BigEndian(scan.Value) == Unreadable)
            {
                ids.Add(BlockId.From(Hash256.From(scan.Key)));
            }
        }

        return ids;
    }

    private List<BlockState> PageFrom(int number)
    {
        var page = new List<BlockState>(PageMax);
        Span<byte> key = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        using var scan = tables.ScanFrom(IndexTable.BlockRows, key, []);
        while (page.Count < PageMax && scan.MoveNext())
        {
            page.Add(BlockState.Decode(BinaryPrimitives.ReadInt32BigEndian(scan.Key), scan.Value));
        }

        return page;
    }

    private void ForgetUnreadable(BlockId id)
    {
        if (Totals.Unreadable > 0 && IsNamed(id))
        {
            Totals = Totals with { Unreadable = Totals.Unreadable - 1 };
            tables.Delete(IndexTable.Blocks, id.AsSpan());
        }
    }

    private void PutNumber(BlockId id, int number)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(value, number);
        tables.Put(IndexTable.Blocks, id.AsSpan(), value);
    }

    private bool TryNumber(BlockId id, out int number)
    {
        number = tables.Get(IndexTable.Blocks, id.AsSpan(), expectAbsent: true) is { } value
            ? BinaryPrimitives.ReadInt32BigEndian(value)
            : Unreadable;
        return number != Unreadable;
    }
}
