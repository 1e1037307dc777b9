using System.Buffers.Binary;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Fuzz.Tests.Mutation;

/// <summary>
/// Changes an input in one to eight places: bytewise, and along the structure it finds there (CBOR items, varints and
/// the lengths they announce, little- and big-endian numbers). From a seed, always the same.
/// </summary>
internal sealed class Mutator(Chance chance, int inputMax)
{
    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 7, 15, 16, 17, 23, 24, 31, 32, 63, 64, 65, 127, 128, 129, 255, 256, 1023, 1024, 4095, 4096, 16383,
        16384, 65535, 65536, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
        0x8000000000000000, 0xffffffffffffffff,
    ];

    /// <summary>A changed copy of <paramref name="input"/>; <paramref name="other"/> gives pieces to splice
    /// in.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var rounds = 1 + chance.Below(8) * chance.Below(2); rounds > 0; rounds--)
        {
            Once(bytes, other);
        }

        if (bytes.Count > inputMax)
        {
            bytes.RemoveRange(inputMax, bytes.Count - inputMax);
        }

        return [.. bytes];
    }

    private void Once(List<byte> bytes, byte[] other)
    {
        switch (chance.Below(16))
        {
            case 0: Flip(bytes); break;
            case 1: Overwrite(bytes, (byte)chance.Next()); break;
            case 2: Overwrite(bytes, (byte)Numbers[chance.Below(Numbers.Length)]); break;
            case 3: Insert(bytes, chance.Bytes(1 + chance.Below(8))); break;
            case 4: Remove(bytes); break;
            case 5: Cut(bytes); break;
            case 6: Repeat(bytes); break;
            case 7: Splice(bytes, other); break;
            case 8: WriteNumber(bytes); break;
            case 9: Step(bytes); break;
            case 10: VarintMutations.Apply(bytes, chance, Numbers); break;
            case 11: VarintMutations.Apply(bytes, chance, Numbers); break;
            case 12: CborMutations.Apply(bytes, chance, Numbers); break;
            case 13: CborMutations.Apply(bytes, chance, Numbers); break;
            case 14: Nest(bytes); break;
            default: Swap(bytes); break;
        }
    }

    private int Place(List<byte> bytes) => bytes.Count == 0 ? 0 : chance.Below(bytes.Count);

    private void Flip(List<byte> bytes)
    {
        if (bytes.Count > 0)
        {
            bytes[Place(bytes)] ^= (byte)(1 << chance.Below(8));
        }
    }

    private void Overwrite(List<byte> bytes, byte value)
    {
        if (bytes.Count > 0)
        {
            bytes[Place(bytes)] = value;
        }
    }

    private void Insert(List<byte> bytes, byte[] piece) => bytes.InsertRange(chance.Below(bytes.Count + 1), piece);

    private void Remove(List<byte> bytes)
    {
        var at = Place(bytes);
        bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + chance.Below(16)));
    }

    private void Cut(List<byte> bytes)
    {
        var at = Place(bytes);
        bytes.RemoveRange(at, bytes.Count - at);
    }

    private void Repeat(List<byte> bytes)
    {
        var at = Place(bytes);
        var piece = bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + chance.Below(64)));
        for (var times = 1 + chance.Below(1 << chance.Below(6)); times > 0; times--)
        {
            bytes.InsertRange(at, piece);
        }
    }

    private void Splice(List<byte> bytes, byte[] other)
    {
        if (other.Length == 0)
        {
            return;
        }

        var from = chance.Below(other.Length);
        Insert(bytes, other[from..Math.Min(other.Length, from + 1 + chance.Below(64))]);
    }

    /// <summary>A telling number over 1, 2, 4 or 8 bytes, either end first.</summary>
    private void WriteNumber(List<byte> bytes)
    {
        Span<byte> number = stackalloc byte[8];
        var value = Numbers[chance.Below(Numbers.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        var width = 1 << chance.Below(4);
        number = number[..width];
        if (chance.Below(2) == 0)
        {
            number.Reverse();
        }

        var at = Place(bytes);
        for (var i = 0; i < width && at + i < bytes.Count; i++)
        {
            bytes[at + i] = number[i];
        }
    }

    /// <summary>One more, one less.</summary>
    private void Step(List<byte> bytes)
    {
        if (bytes.Count > 0)
        {
            var at = Place(bytes);
            bytes[at] = unchecked((byte)(bytes[at] + (chance.Below(2) == 0 ? 1 : -1)));
        }
    }

    /// <summary>Many copies of one opening byte: what a decoder that calls itself dies of.</summary>
    private void Nest(List<byte> bytes)
    {
        byte[] openings = [0x81, 0xa1, 0x9f, 0xd8, 0x82, 0xc0, (byte)'[', (byte)'{', 0x0a, 0x12];
        var opening = openings[chance.Below(openings.Length)];
        bytes.InsertRange(chance.Below(bytes.Count + 1), Enumerable.Repeat(opening, 1 << chance.Below(13)));
    }

    private void Swap(List<byte> bytes)
    {
        if (bytes.Count > 1)
        {
            var (a, b) = (Place(bytes), Place(bytes));
            (bytes[a], bytes[b]) = (bytes[b], bytes[a]);
        }
    }
}
