using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Fuzz.Tests.Mutation;

/// <summary>Unsigned LEB128 numbers, as multiformats and protobuf write them, and what can be wrong with one.</summary>
internal static class VarintMutations
{
    public static void Apply(List<byte> bytes, Chance chance, ulong[] numbers)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        var at = chance.Below(bytes.Count);
        var length = LengthAt(bytes, at);
        switch (chance.Below(5))
        {
            case 0: Lengthen(bytes, at, length, 1 + chance.Below(3)); break;
            case 1: Replace(bytes, at, length, Encode(numbers[chance.Below(numbers.Length)])); break;
            case 2: Replace(bytes, at, length, [.. Enumerable.Repeat((byte)0xff, 1 + chance.Below(12))]); break;
            case 3: MatchRest(bytes, at, length); break;
            default: Replace(bytes, at, length, Encode((ulong)chance.Below(1 << chance.Below(20)))); break;
        }
    }

    /// <summary>The same number in more bytes than it needs.</summary>
    private static void Lengthen(List<byte> bytes, int at, int length, int more)
    {
        bytes[at + length - 1] |= 0x80;
        bytes.InsertRange(at + length, [.. Enumerable.Repeat((byte)0x80, more - 1), 0]);
    }

    /// <summary>Says exactly how much follows, so that what was changed behind it is reached.</summary>
    private static void MatchRest(List<byte> bytes, int at, int length) =>
        Replace(bytes, at, length, Encode((ulong)(bytes.Count - at - length)));

    private static void Replace(List<byte> bytes, int at, int length, byte[] number)
    {
        bytes.RemoveRange(at, length);
        bytes.InsertRange(at, number);
    }

    private static int LengthAt(List<byte> bytes, int at)
    {
        var length = 1;
        while (bytes[at + length - 1] >= 0x80 && at + length < bytes.Count && length < 10)
        {
            length++;
        }

        return length;
    }

    private static byte[] Encode(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
