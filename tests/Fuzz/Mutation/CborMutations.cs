using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Fuzz.Tests.Mutation;

/// <summary>Changes along the items of a CBOR encoding (RFC 8949): heads with other counts, other widths or other
/// kinds, items left out, doubled or wrapped.</summary>
internal static class CborMutations
{
    private const int ItemsMax = 256;

    private readonly record struct Item(int At, int Head, int End);

    public static void Apply(List<byte> bytes, Chance chance, ulong[] numbers)
    {
        var items = ItemsOf(bytes);
        if (items.Count == 0)
        {
            return;
        }

        var item = items[chance.Below(items.Count)];
        var major = (byte)(bytes[item.At] & 0xe0);
        switch (chance.Below(7))
        {
            case 0:
                ReplaceHead(bytes, item, Head(major, numbers[chance.Below(numbers.Length)], chance.Below(5)));
                break;
            case 1: ReplaceHead(bytes, item, Head(major, Argument(bytes, item), 1 + chance.Below(4))); break;
            case 2: bytes[item.At] = (byte)((bytes[item.At] & 0x1f) | (chance.Below(8) << 5)); break;
            case 3: bytes.RemoveRange(item.At, item.End - item.At); break;
            case 4: bytes.InsertRange(item.At, bytes.GetRange(item.At, item.End - item.At)); break;
            case 5: bytes.InsertRange(item.At, [(byte)(0x81 + 0x20 * chance.Below(2))]); break;
            default: ReplaceHead(bytes, item, Head(major, unchecked(Argument(bytes, item) + 1), 0)); break;
        }
    }

    private static void ReplaceHead(List<byte> bytes, Item item, byte[] head)
    {
        bytes.RemoveRange(item.At, item.Head);
        bytes.InsertRange(item.At, head);
    }

    /// <summary>A head of the least width that is at least <paramref name="widthLog"/>.</summary>
    private static byte[] Head(byte major, ulong argument, int widthLog)
    {
        var least = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffff ? 3 : 4;
        var width = Math.Max(least, widthLog);
        if (width == 0)
        {
            return [(byte)(major | (byte)argument)];
        }

        var bytes = new byte[1 + (1 << (width - 1))];
        bytes[0] = (byte)(major | (23 + width));
        for (var i = bytes.Length - 1; i > 0; i--, argument >>= 8)
        {
            bytes[i] = (byte)argument;
        }

        return bytes;
    }

    private static ulong Argument(List<byte> bytes, Item item)
    {
        ulong value = (ulong)bytes[item.At] & 0x1f;
        if (item.Head > 1)
        {
            value = 0;
            for (var i = 1; i < item.Head; i++)
            {
                value = value << 8 | bytes[item.At + i];
            }
        }

        return value;
    }

    /// <summary>Where items start and end, as far as the bytes can be read as CBOR.</summary>
    private static List<Item> ItemsOf(List<byte> bytes)
    {
        var items = new List<Item>();
        for (var at = 0; at < bytes.Count && items.Count < ItemsMax;)
        {
            var info = bytes[at] & 0x1f;
            var head = info < 24 ? 1 : info <= 27 ? 1 + (1 << (info - 24)) : 0;
            if (head == 0 || at + head > bytes.Count)
            {
                break;
            }

            var item = new Item(at, head, at + head);
            var body = (bytes[at] >> 5) is 2 or 3 ? Argument(bytes, item) : 0;
            if (body > (ulong)(bytes.Count - at - head))
            {
                break;
            }

            item = item with { End = at + head + (int)body };
            items.Add(item);
            at = item.End;
        }

        return items;
    }
}
