namespace Omega.P2P.Fuzz.Tests.Planted;

/// <summary>Decoders with the three mistakes that decoders have. A campaign that does not find them within a minute
/// finds nothing.</summary>
internal static class PlantedBugs
{
    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("planted-bound", [[0, 0, 0, 3, 1, 2, 3]], MissingBound),
        new("planted-recursion", [[0x81, 0x81, 0x00]], Recursion),
        new("planted-varint", [[0x05, 1, 2, 3, 4, 5], [0x80, 0x01]], LaxVarint),
    ];

    public static FuzzTarget? Find(string name) => List.SingleOrDefault(t => t.Name == name);

    /// <summary>Believes a length before it looks whether so much is there.</summary>
    private static string MissingBound(ReadOnlySpan<byte> input)
    {
        if (input.Length < 4)
        {
            return "short";
        }

        var length = (input[0] << 24 | input[1] << 16 | input[2] << 8 | input[3]) & 0x3fffff;
        var copy = new byte[length];
        if (input.Length - 4 != length)
        {
            return "length";
        }

        input[4..].CopyTo(copy);
        return "ok";
    }

    /// <summary>Calls itself for every array in an array, as deep as the input says.</summary>
    private static string Recursion(ReadOnlySpan<byte> input) => Skip(input, out _) ? "ok" : "refused";

    private static bool Skip(ReadOnlySpan<byte> input, out int length)
    {
        length = 1;
        if (input.IsEmpty)
        {
            return false;
        }

        if (input[0] != 0x81)
        {
            return input[0] < 24;
        }

        Span<byte> frame = stackalloc byte[64];
        frame[0] = input[0];
        var isRead = Skip(input[1..], out var inner);
        length += inner + frame[1];
        return isRead;
    }

    /// <summary>Takes a number in more bytes than it needs: two encodings of one value.</summary>
    private static string LaxVarint(ReadOnlySpan<byte> input)
    {
        ulong value = 0;
        for (var i = 0; i < Math.Min(9, input.Length); i++)
        {
            value |= (ulong)(input[i] & 0x7f) << (7 * i);
            if (input[i] < 0x80)
            {
                return FuzzRun.Same(input[..(i + 1)], Minimal(value));
            }
        }

        return "refused";
    }

    private static byte[] Minimal(ulong value)
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
